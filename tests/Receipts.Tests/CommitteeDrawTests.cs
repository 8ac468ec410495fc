using System.Numerics;

namespace Marketplace.Receipts.Tests;

public sealed class CommitteeDrawTests
{
    private const int Draws = 20_000;

    [Fact]
    public void EachMember_IsDrawnOnce()
    {
        var members = Weighing(5, 1, 7, 2);

        var order = CommitteeDraw.Of(Samples.Word(1), members, 10);

        Assert.Equal(members.OrderBy(member => member.Worker.Value), order.OrderBy(member => member.Worker.Value));
        Assert.Equal(order.Take(2), CommitteeDraw.Of(Samples.Word(1), members, 2));
        Assert.Empty(CommitteeDraw.Of(Samples.Word(1), members, 0));
        Assert.Empty(CommitteeDraw.Of(Samples.Word(1), [], 3));
    }

    /// <summary>Its number is anywhere below the weight of all, which no integer of 128 bits holds.</summary>
    [Fact]
    public void WeightsBeyond128Bits_AreDrawnBy()
    {
        var members = Weighing(UInt128.MaxValue, UInt128.MaxValue, UInt128.MaxValue);
        var firsts = Enumerable.Range(0, 300).Select(number => CommitteeDraw.Of(Seed(number), members, 1)[0]).ToHashSet();

        Assert.Equal(3, firsts.Count);
    }

    /// <summary>
    /// How often each is among the first two, beside the exact probability of drawing by weight without putting back. Five standard
    /// deviations: a right drawing fails once in a million sets of seeds, and these are fixed.
    /// </summary>
    [Fact]
    public void Frequencies_AreThoseOfTheWeights()
    {
        var members = Weighing(50, 25, 15, 9, 1);
        var seen = new int[5];
        for (var number = 0; number < Draws; number++)
        {
            foreach (var member in CommitteeDraw.Of(Seed(number), members, 2))
            {
                seen[members.IndexOf(member)]++;
            }
        }

        for (var index = 0; index < 5; index++)
        {
            var chance = InFirstTwo([50, 25, 15, 9, 1], index);
            Assert.InRange(
                seen[index],
                (Draws * chance) - (5 * Math.Sqrt(Draws * chance)),
                (Draws * chance) + (5 * Math.Sqrt(Draws * chance))
            );
        }
    }

    /// <summary>Against counting each set of liars and members.</summary>
    [Theory]
    [InlineData(7, 3, 3)]
    [InlineData(8, 2, 5)]
    [InlineData(10, 4, 4)]
    [InlineData(6, 6, 3)]
    [InlineData(9, 0, 4)]
    public void Odds_AreThoseOfCounting(int workers, int liars, int size)
    {
        var (lie, stop, all) = (0, 0, 0);
        for (var set = 0u; set < 1u << workers; set++)
        {
            if (BitOperations.PopCount(set) == size)
            {
                var seated = BitOperations.PopCount(set & ((1u << liars) - 1));
                all++;
                lie += 3 * seated > 2 * size ? 1 : 0;
                stop += 3 * (size - seated) <= 2 * size ? 1 : 0;
            }
        }

        Assert.Equal((lie, all), CommitteeOdds.OfWorkers(workers, liars, size, CommitteeOdds.CanLie));
        Assert.Equal((stop, all), CommitteeOdds.OfWorkers(workers, liars, size, CommitteeOdds.CanStop));
    }

    [Fact]
    public void OddsOfAShare_AreTheLimitOfManyWorkers()
    {
        for (var size = 3; size <= 16; size++)
        {
            var many = Ratio(CommitteeOdds.OfWorkers(1_000_000, 300_000, size, CommitteeOdds.CanLie));
            var share = Ratio(CommitteeOdds.OfShare(300, size, CommitteeOdds.CanLie));

            Assert.InRange(many, share * 0.999, share);
        }
        Assert.Equal((27, 1000), Reduced(CommitteeOdds.OfShare(300, 3, CommitteeOdds.CanLie)));
        Assert.Equal((657, 1000), Reduced(CommitteeOdds.OfShare(300, 3, CommitteeOdds.CanStop)));
    }

    [Fact]
    public void WithheldShares_DoubleTheOddsAtMost()
    {
        Assert.Equal((8, 27), CommitteeOdds.Chosen((1, 27), 3));
        Assert.Equal((27, 27), CommitteeOdds.Chosen((1, 27), 5));
        Assert.Equal((1, 27), CommitteeOdds.Chosen((1, 27), 0));
    }

    private static List<CommitteeMember> Weighing(params UInt128[] weights) =>
        [
            .. weights.Select(
                (weight, index) =>
                    new CommitteeMember
                    {
                        Worker = new WorkerId(Samples.Word((byte)index)),
                        BlsKey = "",
                        Possession = "",
                        Registration = "",
                        Weight = new TokenAmount(weight),
                    }
            ),
        ];

    private static Bytes32 Seed(int number) =>
        EpochRandomness.Seed(default, "test", new Bytes32([.. new byte[28], .. BitConverter.GetBytes(number)]));

    private static double InFirstTwo(double[] weights, int index)
    {
        var all = weights.Sum();
        var others = weights.Where((_, other) => other != index).Sum(other => other / all * (weights[index] / (all - other)));
        return (weights[index] / all) + others;
    }

    private static double Ratio((BigInteger Part, BigInteger Whole) odds) =>
        Math.Exp(BigInteger.Log(odds.Part) - BigInteger.Log(odds.Whole));

    private static (BigInteger, BigInteger) Reduced((BigInteger Part, BigInteger Whole) odds)
    {
        var divisor = BigInteger.GreatestCommonDivisor(odds.Part, odds.Whole);
        return (odds.Part / divisor, odds.Whole / divisor);
    }
}
