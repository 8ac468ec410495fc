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
        var settlement = Samples.Settlement();
        _shell.Service.On($"GET {Routes.Settlement}", _ => FakeService.Json(settlement));

        Expectation.Matches("answers/settlement-show.txt", (await _shell.Run("settlement", "show")).Text);
    }
}
