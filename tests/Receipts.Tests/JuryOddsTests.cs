namespace Marketplace.Receipts.Tests;

/// <summary>How often a jury is wrong: RATIONALE.md, "How sure a verdict is".</summary>
public sealed class JuryOddsTests
{
    private const int Lead = 17;
    private const int JurorsMax = 63;
    private const double Liars = 0.3;

    /// <summary>Far more than what sums of a million fractions lose.</summary>
    private const double Lost = 1e-9;

    private static readonly double Bound = Math.Pow(Liars / (1 - Liars), Lead);

    [Fact]
    public void LieWins_LessOftenThanTheBound_AndNineTrialsInTenAreDecided()
    {
        var (truth, lie) = Count((_, _) => Liars, JurorsMax);
        Assert.InRange(lie, Bound / 2, Bound * (1 - Lost));
        Assert.InRange(truth, 0.9, 0.92);
    }

    [Fact]
    public void LieOfAFixedShareOfOwners_WinsLessOftenStill()
    {
        for (var owners = 20; owners <= 1000; owners += owners < 200 ? 7 : 200)
        {
            var liars = (int)(owners * Liars);
            var (_, lie) = Count((truthful, lying) => Math.Max(0, (double)(liars - lying) / (owners - truthful - lying)), owners);
            Assert.InRange(lie, 0, liars < Lead ? 0 : 0.51 * Bound);
        }
    }

    /// <summary>The walk of the difference between both, until one leads or all were asked.</summary>
    /// <param name="liarsAmong">The share of liars, of those that were not asked, by how many were truthful and how many lied.</param>
    /// <param name="most">Jurors at most.</param>
    private static (double Truth, double Lie) Count(Func<int, int, double> liarsAmong, int most)
    {
        var (truth, lie) = (0.0, 0.0);
        // By how many lied, of those that were asked.
        var now = new double[most + 2];
        now[0] = 1;
        for (var asked = 0; asked < most; asked++)
        {
            var next = new double[most + 2];
            for (var lying = 0; lying <= asked; lying++)
            {
                if (now[lying] == 0)
                {
                    continue;
                }
                var (truthful, share) = (asked - lying, liarsAmong(asked - lying, lying));
                Step(truthful, lying + 1, now[lying] * share);
                Step(truthful + 1, lying, now[lying] * (1 - share));
            }
            now = next;

            void Step(int truthful, int lying, double chance)
            {
                truth += truthful - lying == Lead ? chance : 0;
                lie += lying - truthful == Lead ? chance : 0;
                next[lying] += Math.Abs(truthful - lying) < Lead ? chance : 0;
            }
        }
        return (truth, lie);
    }
}
