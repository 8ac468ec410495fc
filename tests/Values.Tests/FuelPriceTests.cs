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
