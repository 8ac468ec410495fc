using System.Collections.Immutable;
using System.Numerics;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The seats of an open job whose buyer wants more than one worker's word. Each seat is a run of the job by a worker of another owner; the
/// results are counted as votes until enough agree. In memory: after a restart the job's panel begins anew.
/// </summary>
/// <param name="job">The job. It is no seat itself.</param>
/// <param name="openedAt">In running time.</param>
/// <param name="committee">Whose members have the seats; null: anyone who fits.</param>
internal class Panel(MarketJob job, TimeSpan openedAt, Committee? committee = null)
{
    private readonly Dictionary<Bytes32, MarketJob?> _taken = [];
    private readonly List<Vote> _votes = [];
    private readonly List<MarketJob> _seats = [];
    private WorkerId[] _asked = [];

    public MarketJob Job => job;

    /// <summary>Whose members have the seats, and sign the receipt; null: there is none.</summary>
    public Committee? Committee => committee;

    public Assurance Assurance => job.Ticket.Spec.Assurance;

    /// <summary>Seats whose runs are not over: they wait, run, or have sealed results.</summary>
    public IReadOnlyList<MarketJob> Seats => _seats;

    /// <summary>What the runs that are over gave.</summary>
    public IReadOnlyList<Vote> Votes => _votes;

    /// <summary>All seats that there were.</summary>
    public int Drawn { get; private set; }

    /// <summary>Whether any worker that fits may have a seat: its members are no committee and no jury.</summary>
    public virtual bool IsForAny => committee is null;

    /// <summary>Results are sealed first and told together.</summary>
    public virtual bool IsSealed => Assurance.Kind is AssuranceKind.Quorum or AssuranceKind.Committee;

    /// <summary>The sealed results are being told.</summary>
    public bool IsRevealing { get; protected set; }

    /// <summary>By chance a second worker is to run the job as well; null until that was drawn.</summary>
    public bool? IsAudited { get; private set; }

    /// <summary>When the panel goes on without those that it waits for, in running time; null: it waits for all.</summary>
    public TimeSpan? DueAt { get; protected set; }

    /// <summary>The result that has won; null while the panel is open.</summary>
    public Vote? Accepted { get; private set; }

    /// <summary>Who was wrong has been told.</summary>
    public bool AreFaultsNoted { get; set; }

    /// <summary>Where the runs of a program with state begin; null before the first.</summary>
    public StateRoot? Root { get; set; }

    /// <summary>Votes for one result that make it the job's.</summary>
    public int Needed => IsAudited == true ? 2 : Assurance.Agreeing;

    /// <summary>Those that have the accepted result, in the order in which they told it.</summary>
    public IEnumerable<Vote> Winners => _votes.Where(vote => vote.Execution == Accepted!.Execution).Take(Assurance.Seats);

    /// <summary>The seats that it has waited for in vain, for <see cref="PanelStep.Drop"/>: they have not sealed, or not told, their
    /// results.</summary>
    public IReadOnlyList<MarketJob> Late => [.. _seats.Where(seat => IsRevealing == (seat.Phase == MarketPhase.Sealed))];

    /// <summary>The votes for the result that leads.</summary>
    protected IReadOnlyList<Vote> Leading =>
        _votes
            .GroupBy(vote => _votes.FindIndex(vote.Agrees))
            .Select(votes => votes.ToArray())
            .OrderByDescending(votes => committee?.WeightOf(votes.Select(vote => vote.Worker)) ?? votes.Length)
            .FirstOrDefault()
        ?? [];

    private int MostAgreeing => Leading.Count;

    private bool AreEnough(IEnumerable<Vote> votes) => committee?.IsEnough(votes.Select(vote => vote.Worker)) ?? votes.Count() >= Needed;

    /// <summary>Seats that have sealed results, and have not told them.</summary>
    public int SealedCount => _seats.Count(seat => seat.Phase == MarketPhase.Sealed);

    /// <summary>Whether the offer's worker or owner has, or had, another seat.</summary>
    public bool Refuses(MarketJob seat, WorkerOffer offer) => seat.Directed is null && HasAnotherSeat(seat, offer);

    /// <inheritdoc cref="Refuses"/>
    public bool HasAnotherSeat(MarketJob seat, WorkerOffer offer) => IsTaken(seat, offer.PayTo.Value) || IsTaken(seat, offer.Worker.Value);

    public void Take(MarketJob seat, WorkerOffer offer)
    {
        _taken[offer.PayTo.Value] = seat;
        _taken[offer.Worker.Value] = seat;
    }

    /// <summary>The seat's run is over without a result: its worker's owner may have another seat.</summary>
    public virtual void Free(MarketJob seat, WorkerOffer offer)
    {
        foreach (var key in (ReadOnlySpan<Bytes32>)[offer.PayTo.Value, offer.Worker.Value])
        {
            if (_taken.TryGetValue(key, out var by) && by == seat)
            {
                _taken.Remove(key);
            }
        }
    }

    /// <summary>The worker has failed the panel: neither it nor its owner has another seat.</summary>
    public void Bar(WorkerOffer offer)
    {
        _taken[offer.PayTo.Value] = null;
        _taken[offer.Worker.Value] = null;
    }

    public bool IsBarred(WorkerOffer offer) => _taken.ContainsKey(offer.Worker.Value) || _taken.ContainsKey(offer.PayTo.Value);

    public void Add(MarketJob seat)
    {
        Drawn++;
        _seats.Add(seat);
    }

    public void Remove(MarketJob seat)
    {
        Release(seat);
        _seats.Remove(seat);
    }

    /// <summary>The worker that was drawn for the seat does not have it any more.</summary>
    public void Release(MarketJob seat)
    {
        foreach (var (key, _) in _taken.Where(pair => pair.Value == seat).ToArray())
        {
            _taken.Remove(key);
        }
    }

    public void Count(Vote vote)
    {
        // One that was told before keeps the whole result for all.
        _votes.Add(_votes.Exists(vote.Agrees) ? vote.WithoutResult() : vote);
        // It has had its seat.
        Bar(vote.Offer);
    }

    /// <summary>What is to be done now. Called after each seat that has sealed, told or lost its result, and when the panel is
    /// due.</summary>
    /// <param name="now">Running time.</param>
    /// <param name="chance">Draws the audits.</param>
    public virtual PanelStep Next(TimeSpan now, IChance chance)
    {
        if (Assurance.Kind == AssuranceKind.Audit && IsAudited is null && _votes.Count > 0)
        {
            // One worker that cannot fetch an input or compile a module may lie to be rid of it: a second one always looks.
            IsAudited =
                chance.Next() * Assurance.PermilleMax < Assurance.Permille
                || _votes[0].Outcome is RunOutcome.InputUnavailable or RunOutcome.InvalidModule;
        }
        if (AreEnough(_votes.Where(vote => vote.Outcome == RunOutcome.TimedOut)))
        {
            return PanelStep.OutOfTime;
        }
        var (leading, isDue) = (Leading, DueAt is { } due && now >= due);
        var areEnough = AreEnough(leading);
        // All that have run it are to be paid, so the last ones are waited for a while.
        if (areEnough && (!IsRevealing || SealedCount == 0 || isDue))
        {
            Accepted = leading[0];
            return PanelStep.Accept;
        }
        if (IsRevealing)
        {
            if (SealedCount > 0)
            {
                Hurry(areEnough ? now + TellingLate(now) : null);
                return isDue ? PanelStep.Drop : PanelStep.Wait;
            }
            (IsRevealing, DueAt) = (false, null);
            return DrawMore();
        }
        return IsSealed && NextOfSealed(now, isDue) is { } step ? step
            : _seats.Count > 0 && CanDecide ? PanelStep.Wait
            : DrawMore();
    }

    /// <summary>What follows from the results that are sealed so far; null: nothing.</summary>
    private PanelStep? NextOfSealed(TimeSpan now, bool isDue)
    {
        var sealedSeats = _seats.FindAll(seat => seat.Phase == MarketPhase.Sealed);
        var mayDecide = CanDecideWith(sealedSeats);
        if (sealedSeats.Count == 0 || (committee is not null && !mayDecide))
        {
            // Those that the others were to hurry for are lost.
            DueAt = null;
            return null;
        }
        if (sealedSeats.Count == _seats.Count)
        {
            (IsRevealing, DueAt) = (true, now + PanelPolicy.RevealMax);
            _asked = committee is null ? [] : [.. sealedSeats.Select(seat => seat.Directed!.Value)];
            return PanelStep.Reveal;
        }
        if (isDue)
        {
            return PanelStep.Drop;
        }
        if (mayDecide)
        {
            Hurry(now + LateFor(now, committee is null ? PanelPolicy.LateMin : PanelPolicy.CommitteeLateMin, PanelPolicy.LateMax));
        }
        return null;
    }

    /// <summary>How long those are waited for that have not told what they had sealed, where the others are enough.</summary>
    private TimeSpan TellingLate(TimeSpan now) =>
        committee is null ? PanelPolicy.RevealLateMax : LateFor(now, PanelPolicy.CommitteeLateMin, PanelPolicy.RevealLateMax);

    /// <summary>As long again as it took so far, within bounds.</summary>
    private TimeSpan LateFor(TimeSpan now, TimeSpan least, TimeSpan most) =>
        TimeSpan.FromTicks(Math.Clamp((now - openedAt).Ticks, least.Ticks, most.Ticks));

    /// <summary>Seats that are to be drawn for <see cref="PanelStep.Draw"/>.</summary>
    public virtual int Missing => Drawn == 0 ? FirstSeats : Needed - MostAgreeing - _seats.Count;

    private int FirstSeats => Assurance.Kind == AssuranceKind.Audit ? 1 : Assurance.Seats;

    /// <summary>The market stood still for so long: no seat is late by that.</summary>
    public void Forgive(TimeSpan still) => DueAt += still;

    /// <summary>Whether the seats that are left, and the votes, can bring a result.</summary>
    public bool CanDecide => CanDecideWith(_seats);

    private bool CanDecideWith(IReadOnlyCollection<MarketJob> seats) =>
        committee is null
            ? MostAgreeing + seats.Count >= Needed
            : committee.IsEnough(Leading.Select(vote => vote.Worker).Concat(seats.Select(seat => seat.Directed!.Value)));

    /// <summary>
    /// What a client pays who cancels. All that are paid are paid by one statement of fuel, that of the run among them that has come least
    /// far; so those are chosen that are paid most together: runs that are over are not worth nothing because others have just begun. Null
    /// where none has begun.
    /// </summary>
    public OpenRun? ToRun()
    {
        var runs = _votes
            .Select(vote => (Seat: vote.ToSeat(), Fuel: vote.FuelUsed))
            .Concat(_seats.Where(seat => seat.MayHaveBegun).Select(seat => (Seat: SeatOf(seat), Fuel: seat.FuelSoFar)))
            .OrderByDescending(run => run.Fuel)
            .ThenBy(run => run.Seat.Worker)
            .Take(Assurance.Seats)
            .ToArray();
        if (runs.Length == 0)
        {
            return null;
        }
        var paid = Enumerable
            .Range(1, runs.Length)
            .Reverse()
            .MaxBy(count =>
                (BigInteger)runs[count - 1].Fuel
                * runs.Take(count).Aggregate(BigInteger.Zero, (sum, run) => sum + run.Seat.PricePerMillionFuel.BaseUnits)
            );
        JobSeat[] seats = [.. runs.Take(paid).Select(run => run.Seat with { Signed = null }).OrderBy(seat => seat.Worker)];
        return new OpenRun(seats[0].Worker, seats[0].Payee, seats[0].PricePerMillionFuel, runs[paid - 1].Fuel, HasBegun: true)
        {
            Others = [.. seats.Skip(1)],
        };
    }

    private static JobSeat SeatOf(MarketJob seat) => new(seat.Offer!.Offer.Worker, seat.Offer.Offer.PayTo, seat.PriceOf(seat.Offer));

    private PanelStep DrawMore() =>
        committee is not null ? WithoutMembers(committee)
        : Drawn + Needed - MostAgreeing - _seats.Count <= Assurance.Seats * PanelPolicy.DrawsMax ? PanelStep.Draw
        : PanelStep.GiveUp;

    /// <summary>
    /// A committee has no other members to draw. If those that did not tell could have made the leading result the job's, they keep it from
    /// its end, and not the results.
    /// </summary>
    private PanelStep WithoutMembers(Committee members)
    {
        var untold = _asked.Except(_votes.Select(vote => vote.Worker));
        return members.IsEnough(Leading.Select(vote => vote.Worker).Concat(untold)) ? PanelStep.RunAgain : PanelStep.GiveUp;
    }

    private void Hurry(TimeSpan? at)
    {
        if (at is { } sooner && (DueAt is not { } due || sooner < due))
        {
            DueAt = sooner;
        }
    }

    private bool IsTaken(MarketJob seat, Bytes32 key) => _taken.TryGetValue(key, out var by) && by != seat;
}

/// <summary>What a panel does next.</summary>
internal enum PanelStep
{
    /// <summary>Nothing before one of its seats has more to say, or it is due.</summary>
    Wait = 0,

    /// <summary><see cref="Panel.Missing"/> seats are drawn.</summary>
    Draw = 1,

    /// <summary>All seats have sealed their results: they are asked to tell them.</summary>
    Reveal = 2,

    /// <summary>The seats that it has waited for in vain go: those that have not sealed, or not told, their results.</summary>
    Drop = 3,

    /// <summary>Enough agree.</summary>
    Accept = 4,

    /// <summary>Too many were drawn that do not agree.</summary>
    GiveUp = 5,

    /// <summary>Enough ran out of time.</summary>
    OutOfTime = 6,

    /// <summary>Too few of a committee told what they had sealed, and what the others told does not speak against each other.</summary>
    RunAgain = 7,
}

/// <summary>What one seat's run gave.</summary>
/// <param name="Offer">Whose run: as the worker offered it.</param>
/// <param name="Price">What it is paid per million fuel.</param>
/// <param name="Execution">The hash that it signed; the same for all that agree.</param>
/// <param name="Outcome">How the run ended.</param>
/// <param name="FuelUsed">By the run.</param>
/// <param name="Signed">The signature.</param>
/// <param name="Result">All that it brought; null where an earlier vote has the same.</param>
internal sealed record Vote(
    WorkerOffer Offer,
    TokenAmount Price,
    Bytes32 Execution,
    RunOutcome Outcome,
    long FuelUsed,
    RunSignature Signed,
    VotedResult? Result
)
{
    public WorkerId Worker => Offer.Worker;

    public AccountId PayTo => Offer.PayTo;

    public bool Agrees(Vote other) => Execution == other.Execution;

    /// <summary>
    /// Whether one of both is wrong, given that the other is what most have. How fast a machine is, and what it could fetch, proves
    /// nothing, nor what another engine makes of the program.
    /// </summary>
    public bool IsWrongBeside(Vote accepted) =>
        !Agrees(accepted) && !DependsOnMachine && !accepted.DependsOnMachine && Signed.Profile == accepted.Signed.Profile;

    public bool DependsOnMachine => Outcome is RunOutcome.TimedOut or RunOutcome.InputUnavailable;

    public Vote WithoutResult() => this with { Result = null };

    public JobSeat ToSeat() => new(Worker, PayTo, Price, Signed);
}

/// <summary>What a run brought.</summary>
/// <param name="End">The job's end by it.</param>
/// <param name="Changes">Of the program's state.</param>
/// <param name="StateHeight">The commits of the program's state before the run.</param>
internal sealed record VotedResult(JobEnd End, ImmutableArray<StateChange> Changes, long StateHeight);
