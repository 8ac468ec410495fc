using System.Globalization;
using System.Numerics;

namespace Marketplace.Receipts.Tests;

/// <summary>How likely a wrong result is accepted: the formula against every case counted by hand, and against chance.</summary>
public sealed class AssuranceOddsTests
{
    private static readonly string[] Levels =
    [
        "none",
        "audit:0.1%",
        "audit:10%",
        "audit:50%",
        "audit:100%",
        "quorum:2/2",
        "quorum:2/3",
        "quorum:3/3",
        "quorum:3/5",
        "quorum:4/7",
        "quorum:9/16",
        "quorum:16/16",
        "committee:3",
        "committee:4",
        "committee:5",
        "committee:7",
        "committee:16",
    ];

    /// <summary>Each of the 2^m ways in which the first m workers are honest or lie, with its exact weight.</summary>
    [Theory]
    [InlineData(0), InlineData(1), InlineData(100), InlineData(300), InlineData(333), InlineData(499)]
    public void Odds_AreTheWeightOfAllWaysThatEndWithALie(int liarsPermille)
    {
        foreach (var level in Levels.Select(Assurance.Parse).Where(each => each.Agreeing < 9 || each.Kind is AssuranceKind.Committee))
        {
            var odds = AssuranceOdds.WrongAccepted(level, liarsPermille);
            var expected =
                level.Kind is AssuranceKind.Audit
                    ? Mix(level.Permille, Weight(Assurance.Quorum(2, 2), liarsPermille), Weight(Assurance.None, liarsPermille))
                    : Weight(level, liarsPermille);

            Assert.Equal(0, expected.CompareTo(odds));
        }
    }

    [Theory]
    [InlineData(0), InlineData(100), InlineData(300), InlineData(499)]
    public void CommitteeOfEqualWeights_HasTheOddsOfItsSize_WhateverTheyAre(int liarsPermille)
    {
        foreach (var weight in (UInt128[])[1, 1_000, UInt128.MaxValue])
        {
            for (var size = Assurance.CommitteeSeatsMin; size <= Assurance.CommitteeSeatsMax; size++)
            {
                var weights = Enumerable.Repeat(new TokenAmount(weight), size).ToArray();
                var odds = AssuranceOdds.WrongAccepted(weights, liarsPermille);
                Assert.Equal(0, odds.CompareTo(AssuranceOdds.WrongAccepted(Assurance.Committee(size), liarsPermille)));
            }
        }
    }

    /// <summary>
    /// Of 4, 1 and 1 no member has over two thirds: it takes the first and another to lie. The first alone stops it, and so do both others
    /// together: 2 of 6 are left then, or 4.
    /// </summary>
    [Fact]
    public void CommitteeOfUnequalWeights_HasTheOddsOfItsSubsets()
    {
        BigInteger q = 300,
            p = 700;
        var lie = (q * q * q) + (2 * q * q * p);
        var stop = (q * q * q) + (q * p * p) + (2 * q * q * p) + (q * q * p);

        Assert.Equal((lie, stop, BigInteger.Pow(1000, 3)), CommitteeOdds.OfWeights(300, Amounts(4, 1, 1)));
        Assert.Equal(
            0,
            new ExactShare(lie, lie + BigInteger.Pow(1000, 3) - stop).CompareTo(AssuranceOdds.WrongAccepted(Amounts(1, 4, 1), 300))
        );
        // One that outweighs all decides alone.
        Assert.Equal("3.00e-1", AssuranceOdds.WrongAccepted(Amounts(30, 1, 1, 1, 1), 300).ToString());
    }

    [Fact]
    public void WeightsThatAreNone_AreRefused()
    {
        foreach (
            var weights in (TokenAmount[][])
                [
                    [],
                    Amounts(1, 0, 1),
                    Amounts(Enumerable.Repeat(1UL, 17).ToArray()),
                ]
        )
        {
            Assert.ThrowsAny<ArgumentException>(() => AssuranceOdds.WrongAccepted(weights, 300));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => AssuranceOdds.WrongAccepted(Amounts(1, 1, 1), AssuranceOdds.LiarsPermilleMax + 1));
    }

    private static TokenAmount[] Amounts(params ulong[] weights) => [.. weights.Select(weight => new TokenAmount(weight))];

    /// <summary>An earlier receipt answers a job only where it is no more likely to be wrong, whatever share of workers lies: here with no
    /// more seats than its assurance takes.</summary>
    [Theory]
    [InlineData(50), InlineData(100), InlineData(300), InlineData(400), InlineData(499)]
    public void AssuranceThatCoversAnother_IsNoMoreLikelyToBeWrong(int liarsPermille)
    {
        Assurance[] all =
        [
            Assurance.None,
            .. new[] { 1, 100, 500, 999, 1000 }.Select(Assurance.Audit),
            .. Enumerable
                .Range(2, Assurance.QuorumSeatsMax - 1)
                .SelectMany(seats =>
                    Enumerable.Range((seats / 2) + 1, seats - (seats / 2)).Select(agreeing => Assurance.Quorum(agreeing, seats))
                ),
            .. Enumerable
                .Range(Assurance.CommitteeSeatsMin, Assurance.CommitteeSeatsMax - Assurance.CommitteeSeatsMin + 1)
                .Select(Assurance.Committee),
        ];
        var odds = all.ToDictionary(each => each, each => AssuranceOdds.WrongAccepted(each, liarsPermille));

        var surer =
            from had in all
            from asked in all
            where had.Covers(asked, had.Agreeing) && odds[had].CompareTo(odds[asked]) > 0
            select $"{had} for {asked}";

        Assert.Empty(surer);
    }

    private static ExactShare Mix(int permille, ExactShare audited, ExactShare unaudited) =>
        new(
            (permille * audited.Part * unaudited.Whole) + ((1000 - permille) * unaudited.Part * audited.Whole),
            1000 * audited.Whole * unaudited.Whole
        );

    private static ExactShare Weight(Assurance level, int liarsPermille)
    {
        var workers = level.Kind is AssuranceKind.Committee ? level.Seats : (2 * level.Agreeing) - 1;
        var (wrong, decided) = (BigInteger.Zero, BigInteger.Zero);
        for (var way = 0u; way < 1u << workers; way++)
        {
            if (IsWrongAccepted(level, Enumerable.Range(0, workers).Select(worker => (way >> worker & 1) == 1)) is not { } isWrong)
            {
                continue;
            }
            var liars = BitOperations.PopCount(way);
            var weight = BigInteger.Pow(liarsPermille, liars) * BigInteger.Pow(1000 - liarsPermille, workers - liars);
            decided += weight;
            wrong += isWrong ? weight : 0;
        }
        return new ExactShare(wrong, decided);
    }

    /// <summary>
    /// What is played out: draw workers, let them run, take what the rule takes. Within five standard deviations of the formula, which a
    /// right formula leaves once in a million seeds; the seed is fixed.
    /// </summary>
    [Fact]
    public void Formula_IsWhatHappensWhenItIsPlayed()
    {
        const int Games = 200_000;
        const int Liars = 300;
        var chance = new Random(20261123);
        foreach (var level in Levels.Select(Assurance.Parse))
        {
            var wrong = 0;
            for (var game = 0; game < Games; game++)
            {
                wrong += IsWrongAccepted(level, chance, Liars) ? 1 : 0;
            }
            var expected = AsDouble(AssuranceOdds.WrongAccepted(level, Liars));
            var deviation = Math.Sqrt(expected * (1 - expected) / Games);

            Assert.True(
                Math.Abs(((double)wrong / Games) - expected) <= (5 * deviation) + (1.0 / Games),
                $"{level}: {wrong} of {Games}, expected {expected:g4}"
            );
        }
    }

    /// <summary>
    /// Where exactly that share of a known number of owners lies, and seats are drawn without putting back, liars have the vote at most as
    /// often as the formula says. So it may stand for every number of owners.
    /// </summary>
    [Fact]
    public void DrawWithoutPuttingBack_IsNeverWorseThanTheFormula()
    {
        var compared = 0;
        for (var owners = 2; owners <= 60; owners++)
        {
            for (var liars = 0; liars * 1000 <= AssuranceOdds.LiarsPermilleMax * owners; liars++)
            {
                if (liars * 1000 % owners != 0)
                {
                    continue;
                }
                foreach (
                    var level in Levels.Select(Assurance.Parse).Where(each => each.Kind is not AssuranceKind.Audit && each.Seats <= owners)
                )
                {
                    var (ways, all) = (BigInteger.Zero, Choose(owners, level.Seats));
                    for (var drawn = level.Agreeing; drawn <= Math.Min(liars, level.Seats); drawn++)
                    {
                        ways += Choose(liars, drawn) * Choose(owners - liars, level.Seats - drawn);
                    }
                    if (level.Kind is AssuranceKind.Committee)
                    {
                        // Of the draws that decide.
                        var (stopped, _) = CommitteeOdds.OfWorkers(owners, liars, level.Seats, CommitteeOdds.CanStop);
                        all = all - stopped + ways;
                    }
                    var formula = AssuranceOdds.WrongAccepted(level, liars * 1000 / owners);

                    Assert.True(
                        all.IsZero || new ExactShare(ways, all).CompareTo(formula) <= 0,
                        $"{level} of {owners} owners, {liars} of them liars"
                    );
                    compared++;
                }
            }
        }
        Assert.True(compared > 1000, $"only {compared} cases were compared");
    }

    [Theory]
    [InlineData("none", 300, "3.00e-1")]
    [InlineData("audit:10%", 300, "2.92e-1")]
    [InlineData("audit:100%", 300, "2.16e-1")]
    [InlineData("quorum:2/2", 300, "2.16e-1")]
    [InlineData("quorum:2/3", 300, "2.16e-1")]
    [InlineData("quorum:3/3", 300, "1.64e-1")]
    [InlineData("quorum:3/5", 300, "1.64e-1")]
    [InlineData("committee:5", 300, "5.51e-2")]
    [InlineData("committee:16", 1, "4.35e-30")]
    [InlineData("none", 0, "0")]
    [InlineData("committee:16", 0, "0")]
    public void Share_IsToldWithThreeDigitsRoundedUp(string level, int liarsPermille, string expected)
    {
        var share = AssuranceOdds.WrongAccepted(Assurance.Parse(level), liarsPermille);

        Assert.Equal(expected, share.ToString());
        Assert.True(double.Parse(share.ToString(), CultureInfo.InvariantCulture) >= AsDouble(share) * (1 - 1e-12));
    }

    [Theory]
    [InlineData(1, 1, "1")]
    [InlineData(9991, 10_000, "1")]
    [InlineData(999, 1000, "9.99e-1")]
    [InlineData(99_901, 1_000_000, "1.00e-1")]
    [InlineData(1, 3, "3.34e-1")]
    [InlineData(1, 1000, "1.00e-3")]
    public void Rounding_CarriesIntoThePowerOfTen(int part, int whole, string expected) =>
        Assert.Equal(expected, new ExactShare(part, whole).ToString());

    [Theory]
    [InlineData(-1), InlineData(AssuranceOdds.LiarsPermilleMax + 1), InlineData(1000)]
    public void ShareOfLiarsThatDecidesEveryVote_IsRefused(int liarsPermille) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AssuranceOdds.WrongAccepted(Assurance.None, liarsPermille));

    /// <summary>More certainty never costs certainty.</summary>
    [Fact]
    public void MoreAudits_AndMoreThatMustAgree_AreSafer()
    {
        foreach (var liars in (int[])[1, 100, 300, 499])
        {
            for (var permille = Assurance.PermilleMin; permille < Assurance.PermilleMax; permille++)
            {
                Assert.True(Odds(Assurance.Audit(permille + 1)).CompareTo(Odds(Assurance.Audit(permille))) < 0);
            }
            for (var agreeing = 9; agreeing < 16; agreeing++)
            {
                Assert.True(Odds(Assurance.Quorum(agreeing + 1, 16)).CompareTo(Odds(Assurance.Quorum(agreeing, 16))) < 0);
            }

            ExactShare Odds(Assurance level) => AssuranceOdds.WrongAccepted(level, liars);
        }
    }

    /// <summary>
    /// The rule itself, one worker after the other: the first result that enough have given is accepted; of a committee that which enough
    /// of its members give.
    /// </summary>
    /// <returns>Null where neither side has enough members: another committee is drawn.</returns>
    private static bool? IsWrongAccepted(Assurance level, IEnumerable<bool> lies)
    {
        var (wrong, right) = (0, 0);
        if (level.Kind is AssuranceKind.Committee)
        {
            var liars = lies.Take(level.Seats).Count(lie => lie);
            return liars * 3 > level.Seats * 2 ? true
                : (level.Seats - liars) * 3 > level.Seats * 2 ? false
                : null;
        }
        foreach (var lie in lies)
        {
            (wrong, right) = lie ? (wrong + 1, right) : (wrong, right + 1);
            if (Math.Max(wrong, right) == level.Agreeing)
            {
                return wrong > right;
            }
        }
        throw new InvalidOperationException("There were not enough workers to decide.");
    }

    private static bool IsWrongAccepted(Assurance level, Random chance, int liarsPermille)
    {
        var played =
            level.Kind is AssuranceKind.Audit ? (chance.Next(1000) < level.Permille ? Assurance.Quorum(2, 2) : Assurance.None) : level;
        while (true)
        {
            if (IsWrongAccepted(played, Lies()) is { } isWrong)
            {
                return isWrong;
            }
        }

        IEnumerable<bool> Lies()
        {
            for (; ; )
            {
                yield return chance.Next(1000) < liarsPermille;
            }
        }
    }

    private static double AsDouble(ExactShare share) =>
        share.Part.IsZero ? 0 : Math.Exp(BigInteger.Log(share.Part) - BigInteger.Log(share.Whole));

    private static BigInteger Choose(int all, int chosen)
    {
        var ways = BigInteger.One;
        for (var number = 0; number < chosen; number++)
        {
            ways = ways * (all - number) / (number + 1);
        }
        return chosen > all ? 0 : ways;
    }
}
