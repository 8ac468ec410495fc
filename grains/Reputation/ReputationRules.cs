using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How outcomes become a score, and a score a standing. Pure.</summary>
internal static class ReputationRules
{
    /// <summary>From the mildest to the hardest.</summary>
    private static readonly ImmutableArray<(StandingLevel Level, int Below)> Levels =
    [
        (StandingLevel.Warning, ReputationPolicy.WarningScore),
        (StandingLevel.Probation, ReputationPolicy.ProbationScore),
        (StandingLevel.Excluded, ReputationPolicy.ExclusionScore),
    ];

    public static ReputationState At(ReputationState state, DateTimeOffset now) =>
        state with
        {
            Long = state.Long.At(Tally.HourOf(now), ReputationPolicy.HalfLife),
            Recent = state.Recent.At(Tally.HourOf(now), ReputationPolicy.RecentHalfLife),
        };

    /// <summary>Whether the batch, or a later one of its market, was counted.</summary>
    public static bool IsKnown(ReputationState state, OutcomeBatch batch) =>
        state.Markets.FirstOrDefault(last => last.Market == batch.Market) is { Market: not null } known
        && (batch.Start, batch.Sequence).CompareTo((known.Start, known.Sequence)) <= 0;

    public static ReputationState Record(ReputationState state, OutcomeBatch batch, DateTimeOffset now)
    {
        state = At(state, now);
        if (batch.Kept > 0)
        {
            var price = batch.KeptPrice.BaseUnits / (UInt128)batch.Kept;
            var weight = UsualPrice.Weigh(state.UsualPrice, price, batch.Kept, ReputationPolicy.KeptTimesMax);
            state = state with
            {
                Long = state.Long.WithKept(weight),
                Recent = state.Recent.WithKept(weight),
                UsualPrice = UsualPrice.After(state.UsualPrice, price, batch.Kept),
                Kept = state.Kept + batch.Kept,
            };
        }
        // A dispute has said what there is to say of its job, and may have said it before the market's own count comes.
        foreach (var fault in batch.Faults.Where(fault => SlashRules.Find(state, fault.Job) is null))
        {
            state = WithFault(state, fault, now);
        }
        var last = new LastBatch(batch.Market, batch.Start, batch.Sequence);
        var others = state.Markets.RemoveAll(known => known.Market == batch.Market);
        return state with { Markets = [.. others.TakeLast(ReputationPolicy.MarketsMax - 1), last] };
    }

    public static Standing StandingOf(ReputationState state)
    {
        var score = ScoreOf(state.Long, state.Recent);
        return new Standing(score, LevelOf(score, state.Long), state.InMaintenance, StakeRules.SumOf(state.Stakes));
    }

    /// <param name="state">As of now.</param>
    public static ReputationView ToView(ReputationState state) =>
        new(
            Standing: StandingOf(state),
            Kept: state.Kept,
            Faulted: state.Faulted,
            Margins: [.. Levels.Select(level => new StandingMargin(level.Level, level.Below, FaultsUntil(state, level.Below)))],
            Faults: [.. state.Faults.Reverse().Select(fault => fault.Fault)],
            Appeals: [.. state.Appeals.Reverse()],
            Stakes: [.. state.Stakes.Select(stake => stake.ToView())]
        );

    public static ReputationState WithAppeal(ReputationState state, AppealRequest request, DateTimeOffset now)
    {
        var faults = state.Faults.Where(fault => request.Jobs.Contains(fault.Fault.Job)).Select(fault => fault.Fault);
        var appeal = new Appeal(
            RequestId: request.RequestId,
            At: now,
            Faults: [.. faults],
            Words: request.Words,
            Decision: null,
            DecidedAt: null
        );
        var kept = state.Appeals;
        if (kept.Length >= ReputationPolicy.AppealsMax && kept.FirstOrDefault(known => known.Decision is not null) is { } oldest)
        {
            kept = kept.Remove(oldest);
        }
        return state with { Appeals = kept.Add(appeal) };
    }

    public static ReputationState WithDecision(ReputationState state, Appeal appeal, AppealDecision decision, DateTimeOffset now)
    {
        state = At(state, now);
        foreach (var fault in decision.Granted ? appeal.Faults : [])
        {
            state = WithoutFault(state, fault);
        }
        return state with { Appeals = state.Appeals.Replace(appeal, appeal with { Decision = decision, DecidedAt = now }) };
    }

    /// <param name="state">As of now.</param>
    /// <param name="lie">A fault that a jury has found.</param>
    public static ReputationState WithLie(ReputationState state, Fault lie) =>
        WithFault(
            state,
            lie,
            lie.At,
            checked(SlashPolicy.LieTimes * (state.Long.Kept + (ReputationPolicy.NewcomerJobs * (long)Tally.Unit)))
        );

    /// <param name="state">As of now.</param>
    /// <param name="job">Whose faults count no more.</param>
    public static ReputationState WithoutFaultsOf(ReputationState state, JobId job) =>
        state.Faults.Where(fault => fault.Fault.Job == job).Aggregate(state, (changed, fault) => WithoutFault(changed, fault.Fault));

    private static ReputationState WithFault(ReputationState state, Fault fault, DateTimeOffset now) =>
        // What a fault could have cost is its buyer's word alone, so it does not move what is usual.
        WithFault(state, fault, now, UsualPrice.Weigh(state.UsualPrice, fault.Price.BaseUnits, 1, ReputationPolicy.FaultTimesMax));

    private static ReputationState WithFault(ReputationState state, Fault fault, DateTimeOffset now, long weight)
    {
        // Its moment is that of the count, so that a granted appeal takes away what was added.
        var counted = new WeighedFault(fault with { At = now, Reason = Cut(fault.Reason) }, weight);
        return state with
        {
            Long = state.Long.WithFault(weight),
            Recent = state.Recent.WithFault(weight),
            Faulted = state.Faulted + 1,
            Faults = [.. state.Faults.TakeLast(MarketLimits.FaultsMax - 1), counted],
        };
    }

    /// <summary>A fault that is not kept any more is too old to matter, and stays.</summary>
    private static ReputationState WithoutFault(ReputationState state, Fault fault)
    {
        var found = state.Faults.FirstOrDefault(kept => kept.Fault == fault && kept.Weight > 0);
        if (found.Weight == 0)
        {
            return state;
        }
        var hour = Tally.HourOf(fault.At);
        return state with
        {
            Long = state.Long.WithoutFault(found.Weight, hour, ReputationPolicy.HalfLife),
            Recent = state.Recent.WithoutFault(found.Weight, hour, ReputationPolicy.RecentHalfLife),
            Faulted = state.Faulted - 1,
            Faults = state.Faults.Replace(found, found with { Weight = 0 }),
        };
    }

    /// <summary>The recent score starts from the long one: a quiet day says nothing.</summary>
    private static int ScoreOf(Tally all, Tally recent)
    {
        var score = all.Score(ReputationPolicy.NewcomerScore);
        return Math.Min(score, recent.Score(score));
    }

    private static StandingLevel LevelOf(int score, Tally all) =>
        score < ReputationPolicy.ExclusionScore ? StandingLevel.Excluded
        : score < ReputationPolicy.ProbationScore ? StandingLevel.Probation
        : score < ReputationPolicy.WarningScore ? StandingLevel.Warning
        : all.Kept + all.Faulted < ReputationPolicy.NewcomerJobs * Tally.Unit ? StandingLevel.Newcomer
        : StandingLevel.Good;

    private static int FaultsUntil(ReputationState state, int below)
    {
        // A thousand faults in a row are far beyond what anyone plans with.
        const int Most = 1000;
        var (all, recent) = (state.Long, state.Recent);
        for (var faults = 0; faults < Most; faults++)
        {
            if (ScoreOf(all, recent) < below)
            {
                return faults;
            }
            (all, recent) = (all.WithFault(Tally.Unit), recent.WithFault(Tally.Unit));
        }
        return Most;
    }

    private static string Cut(string reason) => JobPolicy.Cut(reason, ReputationPolicy.ReasonCharsMax)!;
}
