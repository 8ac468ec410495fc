using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>Between the workers' records of the API and those of the grains. Pure.</summary>
internal static class WorkerMapper
{
    public static MarketWorker ToWorker(OfferView view) =>
        new(
            Id: view.Offer.Worker,
            PayTo: view.Offer.PayTo,
            PricePerMillionFuel: view.Offer.PricePerMillionFuel,
            Slots: view.Offer.Slots,
            SlotsUsed: view.SlotsUsed,
            MemoryPagesMax: view.Offer.MemoryPagesMax,
            Score: view.Standing.Score,
            Level: ToLevel(view.Standing.Level),
            Maintenance: view.Standing.InMaintenance,
            Labels: view.Offer.Labels.IsDefaultOrEmpty ? null : view.Offer.Labels,
            Stake: StakeOf(view.Standing),
            BuyerReputationMin: view.Offer.BuyerReputationMin > 0 ? view.Offer.BuyerReputationMin : null
        );

    public static Reputation ToReputation(ReputationView view) =>
        new(
            Score: view.Standing.Score,
            Level: ToLevel(view.Standing.Level),
            Maintenance: view.Standing.InMaintenance,
            Kept: view.Kept,
            Faulted: view.Faulted,
            Margins: [.. view.Margins.Select(margin => new StandingMargin(ToLevel(margin.Level), margin.Below, margin.Faults))],
            Faults: [.. view.Faults.Select(ToFault)],
            Appeals: [.. view.Appeals.Select(ToAppeal)],
            Stake: StakeOf(view.Standing),
            Stakes: view.Stakes.IsDefaultOrEmpty ? null : [.. view.Stakes.Select(ToStake)]
        )
        {
            History = view.History.IsDefaultOrEmpty ? null : [.. view.History.Select(ToSample)],
        };

    public static LeasedJob ToLeased(LeaseView lease) => new(lease.Id, lease.Job, lease.Since, lease.Until, lease.HasBegun);

    public static WorkerExplanation ToExplanation(WorkerId worker, GrainInterfaces.WorkerExplanation explanation) =>
        new(
            worker,
            explanation.Summary,
            explanation.WaitingJobs,
            explanation.LookedAt,
            [.. explanation.Obstacles.Select(obstacle => new WorkerObstacle(obstacle.Jobs, obstacle.Reason))]
        );

    private static StandingSample ToSample(GrainInterfaces.StandingSample sample) => new(sample.At, sample.Score, ToLevel(sample.Level));

    private static TokenAmount? StakeOf(Standing standing) => standing.Stake.IsZero ? null : standing.Stake;

    private static Stake ToStake(StakeView stake) =>
        new(stake.Account, stake.RequestId, stake.Amount, stake.At, ToState(stake.Phase), stake.EndsAt)
        {
            Taken = stake.Taken.IsZero ? null : stake.Taken,
        };

    private static StakeState ToState(StakePhase phase) =>
        phase switch
        {
            StakePhase.Asked => StakeState.Asked,
            StakePhase.Held => StakeState.Held,
            StakePhase.Unbonding => StakeState.Unbonding,
            StakePhase.Refused => StakeState.Refused,
            StakePhase.Slashed => StakeState.Slashed,
            StakePhase.Released => StakeState.Released,
            _ => throw new InvalidOperationException($"This is a bug in {nameof(WorkerMapper)}: it does not know the phase {phase}."),
        };

    private static Fault ToFault(GrainInterfaces.Fault fault) => new(fault.Job, fault.At, fault.Price, fault.Reason);

    private static Appeal ToAppeal(GrainInterfaces.Appeal appeal) =>
        new(
            RequestId: appeal.RequestId,
            At: appeal.At,
            Faults: [.. appeal.Faults.Select(ToFault)],
            Words: appeal.Words,
            Granted: appeal.Decision?.Granted,
            Answer: appeal.Decision?.Words,
            DecidedAt: appeal.DecidedAt
        );

    private static StandingLevel ToLevel(GrainInterfaces.StandingLevel level) =>
        level switch
        {
            GrainInterfaces.StandingLevel.Newcomer => StandingLevel.Newcomer,
            GrainInterfaces.StandingLevel.Good => StandingLevel.Good,
            GrainInterfaces.StandingLevel.Warning => StandingLevel.Warning,
            GrainInterfaces.StandingLevel.Probation => StandingLevel.Probation,
            GrainInterfaces.StandingLevel.Excluded => StandingLevel.Excluded,
            _ => throw new InvalidOperationException($"This is a bug in {nameof(WorkerMapper)}: it does not know the level {level}."),
        };
}
