using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

public sealed class PricesTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 7, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Prices_DepthAndUse_AreSmallCharts_AlsoWithoutATerminal()
    {
        static TokenAmount Amount(int amount) => new((UInt128)amount);
        PriceSpan[] spans =
        [
            new(At, Matches: 2, Amount(2), Amount(2), Amount(2), UsedPermille: 0),
            new(At.AddMinutes(5), Matches: 0, null, null, null, UsedPermille: 500),
            new(At.AddMinutes(10), Matches: 3, Amount(4), Amount(9), Amount(9), UsedPermille: 1000),
        ];
        var shown = new MarketClass(
            Name: "wasm/1 · up to 64 MiB · region=eu",
            ReadyJobs: 1_200,
            RunningJobs: 3,
            Slots: 8,
            Free: [new FreeSlots(Amount(3), 4), new FreeSlots(Amount(5), 1)],
            LastPrice: Amount(9),
            Hour: spans,
            Day: []
        );
        _shell.Service.On("GET /v1/market", Samples.Market() with { Classes = [shown] });

        var ran = await _shell.Run("prices");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Contains("\nwasm/1 · up to 64 MiB · region=eu\n", ran.Text, StringComparison.Ordinal);
        Assert.Matches(@"waiting, running +1,200, 3\n", ran.Text);
        Assert.Matches(@"free slots +4 at 3, 1 at 5 of 8\n", ran.Text);
        Assert.Matches(@"price, last hour +▁█ +2 to 9\n", ran.Text);
        Assert.Matches(@"use, last hour +▁[▄▅]█ +100 % now\n", ran.Text);
        Assert.DoesNotContain("last day", ran.Text, StringComparison.Ordinal);
    }
}
