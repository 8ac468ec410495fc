using System.Diagnostics;
using Marketplace.Tests;

namespace Marketplace.Verify.Settlements;

/// <summary>
/// A real silo settles on a real chain and is killed at each step, while the chain is reorganised. At the end chain and books agree to the
/// unit.
/// </summary>
public static class SettlementsCheck
{
    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        if (arguments.Text("without") is { } without)
        {
            return await SettlementsWithoutCheck.Run(without, arguments);
        }
        var which = arguments.Text("steps") ?? "all";
        string[] steps = which switch
        {
            "all" => [.. WriteSteps.Usual, .. ChainSteps.All],
            "written" => [.. WriteSteps.Usual],
            _ => throw new ArgumentException($"--steps is '{which}'; there are: all, written."),
        };
        var seed = arguments.Number("seed", Environment.TickCount & 0xFFFF);
        var confirmations = arguments.Number("confirmations", 3);
        var clock = Stopwatch.StartNew();
        using var folder = new TemporaryFolder();
        var strike = new Strike();
        var chance = new Random(seed);
        await using var market = await SettlingMarket.Start(folder.Path, confirmations, strike);
        var run = new SettlementsRun(market, strike, chance, confirmations, TimeSpan.FromSeconds(arguments.Number("within", 60)));
        IReadOnlyList<string> violations;
        try
        {
            await run.KillWhenLost(WriteSteps.LostDeposit);
            await run.KillWhenTakenBack();
            await run.Drain();
            for (var round = arguments.Number("rounds", 1); round > 0; round--)
            {
                chance.Shuffle(steps);
                await run.KillAtEach(steps);
                await run.KillWhenLate();
            }
            await run.Drain();
            await market.Stop();
            violations = [.. run.Violations, .. await SettlementRules.Check(market)];
        }
        catch (Exception)
        {
            Console.Error.WriteLine(market.LastOutput);
            throw;
        }
        if (violations.Count > 0)
        {
            violations = [.. violations, $"The silo said at last:{Environment.NewLine}{market.LastOutput}"];
        }
        var line = new
        {
            Verify = "settlements",
            Seed = seed,
            Confirmations = confirmations,
            run.Kills,
            KillsExact = run.Exact,
            StepsMissed = run.Missed,
            run.Reorganisations,
            run.DeepReorganisations,
            Settlements = (await market.Chain.Settled()).Count,
            OperatorTransactions = await market.Chain.OperatorTransactions(market.Operator),
            Jobs = run.Life.Jobs.Count,
            run.Life.Deposits,
            run.Life.Withdrawals,
            run.Life.Claims,
            run.Life.Refused,
            Violations = violations.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, violations);
    }
}
