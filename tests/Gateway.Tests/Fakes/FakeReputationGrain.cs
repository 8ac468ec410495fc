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

    private Task<ReputationView> Answer(string asked)
    {
        market.Asked.Add(asked);
        return Task.FromResult(
            new ReputationView(
                new Standing(640, GrainInterfaces.StandingLevel.Warning, InMaintenance: true),
                Kept: 7,
                Faulted: 1,
                [new GrainInterfaces.StandingMargin(GrainInterfaces.StandingLevel.Probation, 500, 3)],
                [Fault],
                [
                    new GrainInterfaces.Appeal(
                        RequestId: "r",
                        At: Fault.At,
                        Faults: [Fault],
                        Words: "no",
                        Decision: new AppealDecision("r", true, "yes"),
                        DecidedAt: Fault.At
                    ),
                ]
            )
        );
    }
}
