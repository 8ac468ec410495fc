using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// One disputed job. Each step is one durable write, here or in a reputation or an account, and the reminder takes up what a crash cut off;
/// the table of the steps is in RATIONALE.md. Decisions are in <see cref="DisputeRules"/>.
/// </summary>
internal sealed partial class DisputeGrain : Grain, IDisputeGrain, IRemindable
{
    private readonly JobId _job;
    private readonly StoredState<DisputeState> _dispute;
    private readonly MarketIdentity _market;
    private readonly MarketDomain _domain;
    private readonly TimeProvider _clock;
    private readonly IJury? _jury;
    private readonly ILogger<DisputeGrain> _logger;

    public DisputeGrain(
        [PersistentState(DisputeState.Kind, StateStorage.Documents)] IPersistentState<DisputeState> dispute,
        IEnumerable<IJury> juries,
        MarketIdentity market,
        MarketDomain domain,
        TimeProvider clock,
        ILogger<DisputeGrain> logger
    )
    {
        _job = JobId.Parse(this.GetPrimaryKeyString());
        _dispute = new StoredState<DisputeState>(dispute);
        (_jury, _market, _domain, _clock, _logger) = (juries.SingleOrDefault(), market, domain, clock, logger);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _dispute.Load();

    public async Task<ImmutableArray<WorkerId>> Open(DisputeCase dispute, Authority by)
    {
        Authorities.Require(by, Authority.Market);
        DisputeRefusals.RequireForm(_job, dispute);
        await _dispute.Refresh();
        if (_dispute.Value is { } known)
        {
            await (known.Stage is DisputeStage.Opening ? TryBegin(known) : Task.CompletedTask);
        }
        else
        {
            await OpenNew(dispute);
        }
        return await FindUnjudged(dispute);
    }

    private async Task OpenNew(DisputeCase dispute)
    {
        var opened = DisputeRules.Open(dispute, _clock.GetUtcNow());
        DisputeRefusals.RequireCase(opened, _domain);
        if (await WhyNotTried(opened) is { } reason)
        {
            await _dispute.Write(DisputeRules.Keep(opened, reason, _clock.GetUtcNow()));
            return;
        }
        // Durable first: what is frozen then has a dispute that thaws it.
        await Remind();
        await _dispute.Write(opened);
        await TryBegin(opened);
    }

    public async Task Decide(JuryVerdict verdict, Authority by)
    {
        Authorities.Require(by, Authority.Market);
        DisputeRefusals.RequireForm(verdict);
        await _dispute.Refresh();
        var dispute = _dispute.Value ?? throw NotFound();
        if (dispute.Stage != DisputeStage.Open)
        {
            if (dispute.Stage is DisputeStage.Kept or DisputeStage.Opening || !DisputeRules.IsSame(dispute, verdict))
            {
                throw DisputeRefusals.Decided(dispute);
            }
            return;
        }
        var judged = DisputeRules.WithJurors(dispute, verdict.Jurors);
        DisputeRefusals.RequireVerdict(judged, verdict, _domain);
        var now = _clock.GetUtcNow();
        await _dispute.Write(
            DisputeRules.VerdictOf(judged) is { } found
                ? DisputeRules.Decide(judged, found, await InOrder(DisputeRules.LosersOf(judged, found)), now)
                : DisputeRules.GiveUp(judged, verdict.WhyNone!, now)
        );
        await TryExecute();
    }

    public async Task<bool> IsBeyondDoubt()
    {
        await _dispute.Refresh();
        return _dispute.Value is not { } dispute || (dispute.Verdict is { } right && right == dispute.Accepted);
    }

    public async Task<TokenAmount?> GetRepaid()
    {
        await _dispute.Refresh();
        if (_dispute.Value is null)
        {
            // Asked of each job that is dropped, of which few had a dispute.
            DeactivateOnIdle();
        }
        return _dispute.Value switch
        {
            null => TokenAmount.Zero,
            { Stage: DisputeStage.Opening or DisputeStage.Open or DisputeStage.Decided } => null,
            { } over => over.Losses.Aggregate(TokenAmount.Zero, (sum, loss) => sum + loss.ToPayer),
        };
    }

    public async Task<ReadOnlyMemory<byte>> GetFile(Caller caller)
    {
        Authorities.Require(caller, Scopes.Read);
        await _dispute.Load();
        var dispute = _dispute.Value ?? throw NotFound();
        var file = DisputeFiles.IsSealed(dispute)
            ? DisputeFiles.OfSealed(dispute, await FindProgress(dispute), _market, _domain)
            : DisputeFiles.Of(dispute, _market, _domain);
        return file.ToJson();
    }

    /// <summary>How far the jury is, in words: all that is told of it before the end.</summary>
    private async Task<string> FindProgress(DisputeState dispute)
    {
        int? count;
        try
        {
            count = dispute.Stage is DisputeStage.Opening ? null : await _jury!.CountIn(dispute.Ticket);
        }
        catch (Exception failure)
        {
            LogNotCounted(failure, _job);
            return "the market does not say how many jurors have a result";
        }
        return count is { } jurors
            ? $"{jurors} of at most {DisputePolicy.SeatsMax} jurors have a result, which stay sealed with those of the seats"
            : "a jury is asked, and none is under way";
    }

    /// <summary>The dispute is open, or its verdict is not executed.</summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await _dispute.Refresh();
        var now = _clock.GetUtcNow();
        var isInTime = _dispute.Value is { } known && now < known.OpenedAt + DisputePolicy.TrialMax;
        switch (_dispute.Value)
        {
            case { Stage: DisputeStage.Opening } opening when isInTime:
                await TryBegin(opening);
                return;
            case { Stage: DisputeStage.Opening } opening:
                await _dispute.Write(DisputeRules.Keep(opening, "what is at stake could not be frozen", now));
                break;
            case { Stage: DisputeStage.Open } open when isInTime:
                await TrySummon(open);
                return;
            case { Stage: DisputeStage.Open } open:
                var reason = $"the jury brought no verdict within {DisputePolicy.TrialMax.TotalHours} hours";
                await _dispute.Write(DisputeRules.GiveUp(open, reason, now));
                break;
        }
        await TryExecute();
    }

    /// <summary>What is at stake is frozen first, and counted then: it stays so until the trial is over.</summary>
    private async Task TryBegin(DisputeState opening)
    {
        string? unbacked;
        try
        {
            var until = opening.OpenedAt + DisputePolicy.FrozenMax;
            unbacked = await FindUnbacked(opening, worker => Freeze(worker, until));
        }
        catch (Exception failure)
        {
            LogNotFrozen(failure, _job);
            return;
        }
        if (unbacked is not null)
        {
            await _dispute.Write(DisputeRules.Keep(opening, unbacked, _clock.GetUtcNow()));
            await TryExecute();
            return;
        }
        var open = DisputeRules.Begin(opening);
        await _dispute.Write(open);
        await TrySummon(open);
    }

    /// <summary>A jury is paid by who loses, so for each result one of its voters must have enough at stake for all of it.</summary>
    private async Task<string?> WhyNotTried(DisputeState dispute)
    {
        if (_jury is null)
        {
            return "this market has no juries";
        }
        if (await WhyNotRepeatable(dispute.Ticket.Spec.Program) is { } reason)
        {
            return reason.Words;
        }
        return await FindUnbacked(dispute, worker => ReputationOf(worker).FindAtStake());
    }

    private Task<TokenAmount> Freeze(WorkerId worker, DateTimeOffset until) =>
        LostWrites.Resend(() => ReputationOf(worker).FreezeFor(_job, until, Authority.Dispute));

    /// <summary>A program that reads what differs from run to run gives different results truthfully.</summary>
    private async Task<(string Words, bool IsRemoved)?> WhyNotRepeatable(ProgramId program)
    {
        try
        {
            var view = await GrainFactory.GetGrain<IProgramGrain>(program.ToString()).Get();
            return view.Nondeterminism is { } reason ? ($"the program does not give one result: {reason}", IsRemoved: false) : null;
        }
        catch (MarketException removed) when (removed.Code == ErrorCode.ProgramNotFound)
        {
            return ("the program was removed", IsRemoved: true);
        }
    }

    /// <returns>Why a result is not backed, for people; null: all are.</returns>
    private static async Task<string?> FindUnbacked(DisputeState dispute, Func<WorkerId, Task<TokenAmount>> find)
    {
        var needed = DisputeRules.BackingMin(dispute.Ticket.Spec);
        foreach (var execution in DisputeRules.DisputedOf(dispute))
        {
            if (!await IsBacked(dispute.Seats.Where(seat => seat.Execution == execution), needed, find))
            {
                return $"nothing at stake: a jury may cost {needed}, and no worker with the execution {execution} has so much at stake";
            }
        }
        return null;
    }

    /// <summary>Whether one of those that gave a result could pay a jury.</summary>
    private static async Task<bool> IsBacked(IEnumerable<CastVote> votes, TokenAmount needed, Func<WorkerId, Task<TokenAmount>> find)
    {
        var isBacked = false;
        // All are asked, also when one is enough: all that have voted are to be frozen.
        foreach (var vote in votes)
        {
            isBacked |= await find(vote.Worker) >= needed;
        }
        return isBacked;
    }

    /// <summary>
    /// Where there is a trial, its verdict says what counts against whom, or nothing does. Else a worker whose result was backed has done
    /// what it could to be judged, and the number of votes says something of the others alone.
    /// </summary>
    private async Task<ImmutableArray<WorkerId>> FindUnjudged(DisputeCase dispute)
    {
        var votes = dispute.Votes.Where(vote => !DisputeRules.IsTried(_dispute.Value!, vote)).ToArray();
        if (votes.Length > 0 && _jury is not null)
        {
            if (await WhyNotRepeatable(dispute.Ticket.Spec.Program) is { IsRemoved: false })
            {
                return [];
            }
            var (needed, unbacked) = (DisputeRules.BackingMin(dispute.Ticket.Spec), new List<CastVote>());
            foreach (var same in votes.GroupBy(vote => vote.Execution))
            {
                if (!await IsBacked(same, needed, worker => ReputationOf(worker).FindAtStake()))
                {
                    unbacked.AddRange(same);
                }
            }
            votes = [.. unbacked];
        }
        return [.. votes.Select(vote => vote.Worker)];
    }

    /// <summary>
    /// Those with the least at stake first: what one cannot pay of the jury, the next owe. Jurors among them are frozen from here on.
    /// </summary>
    private async Task<IReadOnlyList<WorkerId>> InOrder(IEnumerable<WorkerId> losers)
    {
        var found = new List<(TokenAmount AtStake, WorkerId Worker)>();
        foreach (var worker in losers)
        {
            found.Add((await Freeze(worker, _clock.GetUtcNow() + DisputePolicy.FrozenJuror), worker));
        }
        return [.. found.OrderBy(loser => loser.AtStake.BaseUnits).ThenBy(loser => loser.Worker.Value).Select(loser => loser.Worker)];
    }

    private async Task TrySummon(DisputeState open)
    {
        try
        {
            await _jury!.Summon(DisputeRules.TrialOf(open));
        }
        catch (Exception failure)
        {
            LogNotSummoned(failure, _job);
        }
    }

    private async Task TryExecute()
    {
        try
        {
            await Execute();
        }
        catch (Exception failure)
        {
            LogNotExecuted(failure, _job);
        }
    }

    /// <summary>What is done is written before the next is begun, so what a loser owes never depends on memory.</summary>
    private async Task Execute()
    {
        while (_dispute.Value is { Stage: DisputeStage.Decided } decided)
        {
            if (decided.Uncleared is [var right, ..])
            {
                await LostWrites.Resend(() => ReputationOf(right).Clear(_job, decided.DecidedAt!.Value, Authority.Dispute));
                await _dispute.Write(DisputeRules.Cleared(decided));
                continue;
            }
            var next = 0;
            while (decided.Losses[next].Taken is not null)
            {
                next++;
            }
            var (worker, order) = (decided.Losses[next].Worker, DisputeRules.OrderFor(decided, next));
            var outcome = await LostWrites.Resend(() => ReputationOf(worker).Slash(order, Authority.Dispute));
            if (outcome.IsForgotten)
            {
                LogForgotten(_job, worker);
            }
            await _dispute.Write(DisputeRules.Slashed(decided, next, outcome));
        }
        if (await this.GetReminder(DisputePolicy.Reminder) is { } reminder)
        {
            // The reminder is what remembers that it is to be done; those of whom the dispute has said something are thawed by that.
            foreach (var seat in _dispute.Value is { } over ? over.Seats : [])
            {
                await LostWrites.Resend(() => ReputationOf(seat.Worker).Thaw(_job, Authority.Dispute));
            }
            await this.UnregisterReminder(reminder);
        }
    }

    /// <summary>Before the write that needs it: a reminder without a dispute ends itself.</summary>
    private Task Remind() => this.RegisterOrUpdateReminder(DisputePolicy.Reminder, DisputePolicy.CheckPeriod, DisputePolicy.CheckPeriod);

    private IReputationGrain ReputationOf(WorkerId worker) => GrainFactory.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker));

    private MarketException NotFound()
    {
        // A stranger's question leaves no activation behind.
        DeactivateOnIdle();
        return DisputeRefusals.NotFound(_job);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No jury could be asked about job {Job}; it is asked again")]
    private partial void LogNotSummoned(Exception failure, JobId job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market does not say how many jurors of job {Job} have a result")]
    private partial void LogNotCounted(Exception failure, JobId job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is at stake could not be frozen for job {Job}; it is tried again")]
    private partial void LogNotFrozen(Exception failure, JobId job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The verdict about job {Job} could not be executed; it is tried again")]
    private partial void LogNotExecuted(Exception failure, JobId job);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The verdict about job {Job} came too late for worker {Worker}: its reputation has forgotten disputes of that time"
    )]
    private partial void LogForgotten(JobId job, WorkerId worker);
}
