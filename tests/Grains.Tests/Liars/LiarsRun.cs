using System.Globalization;
using Marketplace.GrainHost.Simulation;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Liars;

/// <summary>
/// A market of which a share lies, in every way at once: how many wrong results are accepted, beside the formula that the buyer was quoted;
/// who is slashed; what it brought the liars. All follows from the seed.
/// </summary>
internal static class LiarsRun
{
    /// <summary>
    /// A true bound is said to be broken in less than one of a million runs: the mean of n independent values from 0 to 1, each expected to
    /// be p at most, is a or more with a probability of at most exp(-n KL(a, p)), for a above p (W. Hoeffding, Probability inequalities for
    /// sums of bounded random variables, 1963, theorem 1).
    /// </summary>
    private const double Doubt = 1e-6;

    public static LiarsResult Run(LiarsScenario scenario)
    {
        var run = new SimulatedRun(scenario.Seed);
        LiarsResult? result = null;
        run.Run(async () =>
        {
            await using var market = new LiarsMarket(scenario, run);
            var evidence = new LiarsEvidence(scenario, market, run.Chance.Fork());
            await market.Begin();
            await market.Work();
            await market.ComeToRest();
            await evidence.Collect();
            await market.End();
            await evidence.Judge();
            result = new LiarsResult
            {
                Scenario = scenario,
                Bound = AssuranceOdds.WrongAccepted(scenario.Assurance, scenario.LiarsPermille),
                Quoted = market.Quoted,
                Counts = evidence.Counts,
                Money = evidence.Money,
                Simulated = market.Simulated,
                Steps = run.Steps,
                Violations = [.. evidence.Violations],
            };
        });
        return result! with { Violations = [.. result.Violations, .. OddsViolations(result)] };
    }

    /// <summary>
    /// Wrong results beside the bound. Jobs that were ordered together have one committee, so there each round of orders counts as one
    /// draw, whose value is the share of its jobs that ended wrong.
    /// </summary>
    private static IEnumerable<string> OddsViolations(LiarsResult result)
    {
        var (counts, jobs, told) = (result.Counts, result.Scenario.Jobs, double.Parse(result.Quoted, CultureInfo.InvariantCulture));
        var bound = (double)result.Bound.Part / (double)result.Bound.Whole;
        if (told < bound)
        {
            yield return $"the buyer was quoted {result.Quoted}, and the formula gives {bound}";
        }
        var draws = result.Scenario.Assurance.Kind == AssuranceKind.Committee ? counts.Rounds : jobs;
        if (IsBeyond((double)counts.Wrong / jobs, draws, told))
        {
            yield return $"{counts.Wrong} of {jobs} results were wrong, and the buyer was quoted {result.Quoted}: so many come out less "
                + "than once in a million";
        }
    }

    /// <summary>
    /// Whether the mean of so many independent values from 0 to 1 is more than chance explains where each is expected to be
    /// <paramref name="expected"/> at most.
    /// </summary>
    public static bool IsBeyond(double mean, int values, double expected)
    {
        if (mean <= expected)
        {
            return false;
        }
        var divergence = (mean * Math.Log(mean / expected)) + (mean < 1 ? (1 - mean) * Math.Log((1 - mean) / (1 - expected)) : 0);
        return Math.Exp(-values * divergence) < Doubt;
    }
}
