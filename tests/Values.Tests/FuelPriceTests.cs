using System.Numerics;

namespace Marketplace.Tests.Values;

public sealed class FuelPriceTests
{
    private static readonly UInt128[] Numbers =
    [
        1,
        2,
        999_999,
        1_000_000,
        1_000_001,
        ulong.MaxValue,
        UInt128.MaxValue / 1_000_000,
        (UInt128.MaxValue / 1_000_000) + 1,
        UInt128.MaxValue - 1,
        UInt128.MaxValue,
    ];

    /// <summary>Also where products need more than 128 bits: a limit that large was charged whole whatever the run cost.</summary>
    [Fact]
    public void Cost_IsTheProductRoundedUpOrTheLimit()
    {
        ulong[] fuels = [0, 1, 999_999, 1_000_000, 1_000_001, long.MaxValue, ulong.MaxValue];
        foreach (var fuel in fuels)
        {
            foreach (var price in Numbers.Append(UInt128.Zero))
            {
                foreach (var limit in Numbers.Append(UInt128.Zero))
                {
                    var product = (((BigInteger)fuel * (BigInteger)price) + 999_999) / 1_000_000;
                    var due = (UInt128)BigInteger.Min(product, (BigInteger)limit);

                    Assert.Equal(new TokenAmount(due), FuelPrice.Cost(fuel, new TokenAmount(price), new TokenAmount(limit)));
                }
            }
        }
    }

    [Theory]
    [InlineData(1000, 1_000_000_000)]
    [InlineData(5000, 1_000_000_000)]
    [InlineData(999, 999_000_000)]
    [InlineData(150, 150_000_000)]
    [InlineData(99, 100_000_000)]
    [InlineData(0, 100_000_000)]
    public void Bought_IsWhatTheLimitPaysFor_WithinItsBounds(uint limit, long fuel)
    {
        foreach (var (price, more) in new[] { (1000u, 1u), (7000u, 7u) })
        {
            var bought = FuelPrice.Bought(new TokenAmount(limit * more), 100_000_000, 1_000_000_000, new TokenAmount(price));

            Assert.Equal(fuel, bought);
        }
    }

    [Fact]
    public void Bought_IsNeverDearerThanTheLimit_AndAMillionMoreWouldBe()
    {
        const long most = 1_000_000_000;
        for (var limit = 1u; limit < 3000; limit += 7)
        {
            var bought = FuelPrice.Bought(new TokenAmount(limit), least: 0, most, FuelPrice.Of(most, new TokenAmount(3)));

            Assert.True(FuelPrice.Of(bought, new TokenAmount(3)) <= new TokenAmount(limit), $"{bought} for {limit}");
            Assert.True(FuelPrice.Of(bought + 1_000_000, new TokenAmount(3)) > new TokenAmount(limit), $"only {bought} for {limit}");
        }
    }

    [Fact]
    public void Cap_IsTheHighestPriceThatTheLimitCovers()
    {
        foreach (var fuel in Numbers)
        {
            foreach (var limit in Numbers)
            {
                var cap = FuelPrice.Cap(fuel, new TokenAmount(limit)).BaseUnits;

                Assert.True((BigInteger)fuel * (BigInteger)cap <= (BigInteger)limit * 1_000_000, $"{fuel} at {cap} is above {limit}");
                Assert.True(
                    cap == UInt128.MaxValue || (BigInteger)fuel * ((BigInteger)cap + 1) > (BigInteger)limit * 1_000_000,
                    $"{fuel} could cost more than {cap} within {limit}"
                );
            }
        }
    }
}
