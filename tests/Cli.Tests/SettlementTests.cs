using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary>How a market stands with its chain, on a terminal.</summary>
public sealed class SettlementTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Show_TellsHowFarItIs()
    {
        var hash = new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
        var settlement = new MarketSettlement(
            Chain: new MarketChain("31337", "0x5fbdb2315678afecb367f032d93f642f64180aa3"),
            State: SettlementState.Signing,
            Settled: 1,
            Head: 132,
            Counted: 120,
            Accounts: 3,
            Members: 5,
            Open: new SettlementUnderWay(2, 7, Signed: 3, Asked: 5, null),
            Trouble: "Settlement 2 waits for signatures: 3 of 5 members of epoch 7 have signed.",
            Past:
            [
                new PastSettlement(
                    Number: 1,
                    Epoch: 6,
                    Accounts: 2,
                    Receipts: 4,
                    Earned: new TokenAmount(900),
                    Spent: new TokenAmount(1_040),
                    Transaction: $"0x{hash}"
                ),
            ]
        );
        _shell.Service.On($"GET {Routes.Settlement}", _ => FakeService.Json(settlement));

        Expectation.Matches("answers/settlement-show.txt", (await _shell.Run("settlement", "show")).Text);
    }
}
