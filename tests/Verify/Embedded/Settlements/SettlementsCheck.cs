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
        var run = new SettlementsRun(market, strike, chance, confirmations, TimeSpan.FromSeconds(arguments.Number("within", 120)));
        IReadOnlyList<string> violations;
        try
        {
            await Play(run, steps, chance, arguments.Number("rounds", 1));
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

    /// <summary>One thing after the other, until something is found: a market that is stuck would only be waited for.</summary>
    private static async Task Play(SettlementsRun run, string[] steps, Random chance, int rounds)
    {
        List<Func<Task>> phases = [() => run.KillWhenLost(WriteSteps.LostDeposit), run.KillWhenTakenBack, run.Drain];
        for (var round = 0; round < rounds; round++)
        {
            phases.Add(() =>
            {
                chance.Shuffle(steps);
                return run.KillAtEach(steps);
            });
            phases.Add(run.KillWhenLate);
        }
        foreach (var phase in phases.Append(run.Drain))
        {
            await phase();
            if (run.Violations.Count > 0)
            {
                return;
            }
        }
    }
}
