using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Takes a batch in. The steps, each with its undo:
/// 1. check every item, resolve programs and inputs, ask whether disk and queue have room: nothing to undo. An item that would be refused
///    as a new job goes on without a hold, because its job may exist already. In an overload items below the bar are refused before the
///    market is asked, those apart whose job is written;
/// 2. hold the price limits of all items in one write: <see cref="Release"/> gives back a hold that no job stands on; after a crash the
///    account does so itself, because it asks for the jobs of old holds;
/// 3. write the jobs in parallel: from here an item is accepted and stays so. One that an earlier job's receipt answers is written as
///    ended, and its account settles: what that misses the account finds, because it asks for the jobs of old holds;
/// 4. hand the jobs to the market: the market's own sweep finds a job that does not arrive, or the job offers itself again when it is
///    submitted again.
/// </summary>
[StatelessWorker]
public sealed partial class SubmissionGrain(
    IStoreRoom room,
    IDocumentStore documents,
    LoadBars bars,
    QueueBounds bounds,
    MarketShards shards,
    TimeProvider clock,
    ReuseTerms reuse,
    JobKeeping keeping,
    IResultsFeed feed,
    ILogger<SubmissionGrain> log
) : Grain, ISubmissionGrain
{
    private static readonly HoldResult NoHolds = new(DateTimeOffset.MinValue, [], TokenAmount.Zero);

    private readonly Dictionary<ProgramId, (ProgramView Program, long FoundAt)> _programs = [];
    private (Task<ulong> Number, long FoundAt)? _epoch;

    public async Task<ImmutableArray<SubmitResult>> Submit(Caller caller, ImmutableArray<SubmitItem> items)
    {
        Authorities.Require(caller, Scopes.Submit);
        if (items.Length is 0 or > MarketLimits.BatchJobsMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The batch has {items.Length} jobs; allowed are 1 to {MarketLimits.BatchJobsMax}."
            );
        }
        var batch = new SubmissionBatch(caller, items);
        await Resolve(batch);
        try
        {
            foreach (var shard in batch.Admissible.GroupBy(item => KeyOf(caller.Account, item)).ToArray())
            {
                await AssignRoom(caller.Account, shard.Key, await TakeAboveBar(shard.Key, [.. shard]));
            }
            if (batch.Open.Any())
            {
                await HoldAndWrite(batch);
            }
        }
        finally
        {
            bars.End(batch.Items);
        }
        if (batch.Ended.Count > 0)
        {
            SettleAndAnnounce(batch);
        }
        if (batch.Created.Count > 0)
        {
            await Enqueue(batch);
        }
        return batch.ToResults();
    }

    private async Task HoldAndWrite(SubmissionBatch batch)
    {
        var account = GrainFactory.GetGrain<IAccountGrain>(batch.Caller.Account.ToString());
        var admitted = batch.Admissible.ToArray();
        var items = admitted.Select(item => new HoldItem(item.Job, item.Spec.PriceMax)).ToImmutableArray();
        var holds = items.IsEmpty ? NoHolds : await LostWrites.Resend(() => account.Hold(batch.Caller, items));
        batch.Refusals = holds.Refusals;
        for (var index = 0; index < admitted.Length; index++)
        {
            admitted[index].Hold = holds.Outcomes[index];
        }
        await Task.WhenAll(admitted.Where(item => item.Spec.Reuse && item.IsHeld).Select(item => Answer(batch, item)));
        await Task.WhenAll(batch.Open.ToArray().Select(item => Write(batch, item, holds)));
        await Release(batch, account, holds.HeldAt);
    }

    /// <summary>The shard of the market that a new job would be in.</summary>
    private string KeyOf(AccountId account, SubmissionItem item) =>
        shards.KeyOf(account, item.Spec.Program, item.Program is { UsesState: true });

    /// <summary>
    /// Refuses what is below the shard's bar: without a call, because in an overload refusing must cost little. A job that is written is no
    /// new one, and its grain says so.
    /// </summary>
    /// <returns>The items that are to be taken.</returns>
    private async ValueTask<SubmissionItem[]> TakeAboveBar(string shard, SubmissionItem[] items)
    {
        if (bars.Mark(shard, items) is not { } refusal)
        {
            return items;
        }
        foreach (var item in items.Where(item => item.Place is null))
        {
            if (await documents.ReadDocument(new DocumentKey(JobStateCodec.Kind, item.Job.ToString())) is null)
            {
                item.Refuse(refusal);
                bars.CountRefused(item);
            }
            else
            {
                item.RefusalIfNew = refusal;
            }
        }
        return [.. items.Where(item => item.Place is not null)];
    }

    /// <summary>
    /// Where the market does not answer, the account's own bounds hold, and the disk's floor.
    /// </summary>
    private async Task AssignRoom(AccountId account, string shard, SubmissionItem[] items)
    {
        if (items.Length == 0 && !bars.IsUnheard(shard))
        {
            return;
        }
        var market = GrainFactory.GetGrain<IMarketGrain>(shard);
        QueueRoom? queue = null;
        var asked = clock.GetTimestamp();
        await Try(async () => queue = await market.GetRoom(account), "ask the market how much may be queued");
        if (queue is { Wait: var wait })
        {
            bars.Hear(shard, wait, clock.GetElapsedTime(asked));
        }
        SubmissionRoom.Assign(items, room.Shortage, queue, bounds);
        var wanted = items.Where(item => item.HasClass).Select(item => ClassNeeds.Of(item.Spec.Needs).Name).Distinct().ToImmutableArray();
        if (wanted.IsEmpty)
        {
            return;
        }
        ClassRoom? classes = null;
        await Try(
            async () => classes = await market.FindClassRoom(account, wanted),
            "ask the market how many classes of jobs there may be"
        );
        SubmissionRoom.AssignClasses(items, classes);
    }

    /// <summary>Where nothing answers the job, for whatever reason, it runs.</summary>
    private Task Answer(SubmissionBatch batch, SubmissionItem item) =>
        Try(
            async () =>
                (item.Answer, item.EarlierEndedAt) = await new ReuseAnswers(GrainFactory, reuse, clock, FindEpoch).Find(
                    item.Job,
                    batch.Caller,
                    item.Spec,
                    item.Program!,
                    batch.Refusals
                ),
            "look for a receipt that answers a job"
        );

    private async Task Write(SubmissionBatch batch, SubmissionItem item, HoldResult holds)
    {
        try
        {
            // Without a hold the same call finds out whether an earlier request has made this very job: then its repetition is no refusal.
            var submission = new JobSubmission(
                batch.Caller.Account,
                item.RequestId,
                item.Spec,
                item.Program?.Module ?? default,
                item.Program?.UsesState ?? false,
                item.IsHeld ? holds.HeldAt : DateTimeOffset.MinValue
            )
            {
                Refusals = batch.Refusals,
                Answer = item.Answer,
                EarlierEndedAt = item.EarlierEndedAt,
            };
            // As LostWrites.Resend, without a delegate and a second state machine for every job.
            for (var attempt = 1; item.Admission is null; attempt++)
            {
                try
                {
                    item.Admission = await GrainFactory.GetGrain<IJobGrain>(item.Job.ToString()).Submit(submission, Authority.Submission);
                }
                catch (InconsistentStateException lost)
                {
                    LostWrites.RequireAnother(attempt, lost);
                }
            }
        }
        catch (MarketException failure)
        {
            item.Refuse(failure.Code, failure.Message);
        }
        catch (Exception failure)
        {
            LogSubmitFailed(failure, item.Job);
            item.Refuse(ErrorCode.OutcomeUnknown, "It is not known whether the job was written. Send it again with the same request id.");
        }

        if (item.Admission is { } admission)
        {
            SubmissionAnswers.Apply(batch, item, admission, holds.Available, keeping);
        }
    }

    /// <summary>
    /// The undo of a hold: for jobs that existed already and stand on another hold. Not awaited: the account finds what this misses.
    /// </summary>
    private Task Release(SubmissionBatch batch, IAccountGrain account, DateTimeOffset heldAt)
    {
        // A job that stands on this hold, because another request with the same id came between, keeps it.
        var released = batch
            .Items.Where(item =>
                item is { Hold: HoldOutcome.Held, Admission: { Kind: var kind } admission }
                && kind is JobAdmissionKind.Existed or JobAdmissionKind.Conflict or JobAdmissionKind.Dropped
                && admission.HeldAt < heldAt
            )
            .Select(item => new JobSettlement(
                Job: item.Job,
                Payer: batch.Caller.Account,
                Payee: null,
                Charge: TokenAmount.Zero,
                HeldAt: heldAt,
                Status: JobStatus.Pending
            ))
            .ToImmutableArray();
        if (!released.IsEmpty)
        {
            _ = Try(() => LostWrites.Resend(() => account.Settle(released, Authority.Submission)), "release holds that are not needed");
        }
        return Task.CompletedTask;
    }

    /// <summary>Not awaited, as a report's settlement is not: the account finds what this misses, and listeners ask for jobs.</summary>
    private void SettleAndAnnounce(SubmissionBatch batch)
    {
        var settlements = batch.Ended.Select(ended => ended.Settlement).ToImmutableArray();
        var account = GrainFactory.GetGrain<IAccountGrain>(batch.Caller.Account.ToString());
        _ = Try(
            () => LostWrites.Resend(() => account.Settle(settlements, Authority.Submission)),
            "settle jobs that receipts have answered"
        );
        if (feed.IsWanted)
        {
            feed.Publish(
                new JobsEnded([.. batch.Ended.Select(ended => MarketEnds.Answered(batch.Caller.Account, ended.Item, ended.Settlement))])
            );
        }
    }

    private async Task Enqueue(SubmissionBatch batch)
    {
        await Task.WhenAll(batch.Created.GroupBy(shards.KeyOf).Select(jobs => Enqueue(jobs.Key, [.. jobs])));
    }

    private async Task Enqueue(string shard, ImmutableArray<JobTicket> tickets)
    {
        var market = GrainFactory.GetGrain<IMarketGrain>(shard);
        for (var attempt = 1; attempt <= SubmissionPolicy.EnqueueAttemptsMax; attempt++)
        {
            if (await Try(() => market.Enqueue(tickets, Authority.Submission), "queue jobs"))
            {
                return;
            }
        }
    }

    private async Task Resolve(SubmissionBatch batch)
    {
        foreach (var item in batch.Admissible)
        {
            item.Program = await FindProgram(item.Spec.Program);
            if (item.Program is null)
            {
                item.RefusalIfNew = new Refusal(ErrorCode.ProgramNotFound, $"There is no program {item.Spec.Program}. Deploy it first.");
            }
            else if (SubmissionRules.CheckEntryPoint(item.Spec, item.Program) is { } refusal)
            {
                item.Refuse(refusal.Code, refusal.Message);
            }
            else
            {
                item.RefusalIfNew =
                    ReuseRules.CheckNew(item.Spec, item.Program)
                    ?? AssuranceRules.CheckNew(item.Spec, item.Program.Imports, AssuranceRules.Offered, item.Program.UsesState)
                    ?? await CheckInputs(batch.Caller, item.Spec);
            }
        }
    }

    /// <returns>Null where the account has all blobs of the spec, and none is larger than a worker takes.</returns>
    private async ValueTask<Refusal?> CheckInputs(Caller caller, JobSpec spec)
    {
        if (
            spec.InputBlob is { } input
            && (
                await SizeOf(caller, input) is not { } inputSize
                    ? SubmissionRules.MissingInput(input)
                    : SubmissionRules.CheckInputSize("input", inputSize)
            )
                is { } unfit
        )
        {
            return unfit;
        }

        if (spec.Files.IsDefaultOrEmpty)
        {
            return null;
        }
        var sizes = 0L;
        foreach (var file in spec.Files)
        {
            if (await SizeOf(caller, file.Blob) is not { } size)
            {
                return SubmissionRules.MissingInput(file.Blob);
            }
            sizes += size;
        }

        return SubmissionRules.CheckInputSize("inputFiles together", sizes);
    }

    private async ValueTask<long?> SizeOf(Caller caller, BlobId blob) =>
        (await GrainFactory.GetGrain<IBlobGrain>(blob.ToString()).Find(caller.Account))?.Size;

    private async ValueTask<ProgramView?> FindProgram(ProgramId id)
    {
        if (_programs.TryGetValue(id, out var known) && clock.GetElapsedTime(known.FoundAt) < SubmissionPolicy.ProgramCachedFor)
        {
            return known.Program;
        }
        try
        {
            var program = await GrainFactory.GetGrain<IProgramGrain>(id.ToString()).Get();
            if (_programs.Count >= SubmissionPolicy.ProgramsCachedMax)
            {
                _programs.Clear();
            }
            _programs[id] = (program, clock.GetTimestamp());
            return program;
        }
        catch (MarketException unknown) when (unknown.Code == ErrorCode.ProgramNotFound)
        {
            _programs.Remove(id);
            return null;
        }
    }

    /// <summary>The answer has all members of the epoch, so jobs of a batch share one.</summary>
    private Task<ulong> FindEpoch()
    {
        if (_epoch is not { Number.IsFaulted: false } known || clock.GetElapsedTime(known.FoundAt) >= SubmissionPolicy.EpochCachedFor)
        {
            _epoch = known = (Ask(), clock.GetTimestamp());
        }
        return known.Number;

        async Task<ulong> Ask() =>
            await GrainFactory.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey).GetCurrent() is { } current ? current.Epoch : 0;
    }

    private async Task<bool> Try(Func<Task> call, string what)
    {
        try
        {
            await call();
            return true;
        }
        catch (Exception failure)
        {
            LogSideCallFailed(failure, what);
            return false;
        }
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Warning, Message = "Job {Job}: its submission failed.")]
    private partial void LogSubmitFailed(Exception failure, JobId job);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Warning, Message = "A submission could not {What}.")]
    private partial void LogSideCallFailed(Exception failure, string what);
}
