using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Notes what reaches a reputation, and answers one that shows it.</summary>
internal sealed class FakeReputationGrain(FakeMarket market, string key) : IReputationGrain
{
    private static readonly GrainInterfaces.Fault Fault = new(
        new JobId(GatewayFixture.Alice.Value),
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        new TokenAmount(9),
        "late"
    );

    public Task<ReputationView> Get(Caller? caller) => Answer($"{key} {caller?.Account}");

    public Task<Standing> Record(OutcomeBatch batch, Authority by) => throw new NotSupportedException();

    public Task<ReputationView> SetMaintenance(Caller caller, bool isOn) => Answer($"{key} {caller.Account} maintenance {isOn}");

    public Task<ReputationView> Appeal(Caller caller, GrainInterfaces.AppealRequest request) =>
        Answer($"{key} {caller.Account} appeal {request.RequestId} {string.Join(' ', request.Jobs)} {request.Words}");

    public Task<ReputationView> Decide(Caller caller, AppealDecision decision) => Answer($"{key} {caller.Account} {decision}");

    public Task<ReputationView> Stake(Caller caller, GrainInterfaces.StakeRequest request) =>
        Answer($"{key} {caller.Account} stake {request.RequestId} {request.Amount}");

    public Task<ReputationView> Unstake(Caller caller, ImmutableArray<string> requestIds) =>
        Answer($"{key} {caller.Account} unstake {string.Join(' ', requestIds)}");

    public Task<TokenAmount> FindAtStake() => throw new NotSupportedException();

    public Task<TokenAmount> FreezeFor(JobId dispute, DateTimeOffset until, Authority by) => throw new NotSupportedException();

    public Task Thaw(JobId dispute, Authority by) => throw new NotSupportedException();

    public Task<SlashOutcome> Slash(SlashOrder order, Authority by) => throw new NotSupportedException();

    public Task Clear(JobId dispute, DateTimeOffset at, Authority by) => throw new NotSupportedException();

    private Task<ReputationView> Answer(string asked)
    {
        market.Asked.Add(asked);
        return Task.FromResult(
            new ReputationView(
                Standing: new Standing(640, GrainInterfaces.StandingLevel.Warning, InMaintenance: true, new TokenAmount(8)),
                Kept: 7,
                Faulted: 1,
                Margins: [new GrainInterfaces.StandingMargin(GrainInterfaces.StandingLevel.Probation, 500, 3)],
                Faults: [Fault],
                Appeals:
                [
                    new GrainInterfaces.Appeal(
                        RequestId: "r",
                        At: Fault.At,
                        Faults: [Fault],
                        Words: "no",
                        Decision: new AppealDecision("r", true, "yes"),
                        DecidedAt: Fault.At
                    ),
                ],
                History: [new GrainInterfaces.StandingSample(Fault.At, 690, GrainInterfaces.StandingLevel.Newcomer)],
                Stakes:
                [
                    new StakeView(GatewayFixture.Alice, "s", new TokenAmount(8), Fault.At, StakePhase.Held, EndsAt: null),
                    new StakeView(GatewayFixture.Alice, "t", new TokenAmount(9), Fault.At, StakePhase.Unbonding, Fault.At)
                    {
                        Taken = new TokenAmount(2),
                    },
                ]
            )
        );
    }
}
