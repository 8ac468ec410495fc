using System.Numerics;

namespace Marketplace;

/// <summary>How fuel is priced: what every part that quotes, offers or checks a price agrees on.</summary>
public static class FuelPrice
{
    /// <summary>The fuel that a price is for.</summary>
    public const uint Unit = 1_000_000;

    /// <summary>
    /// The least that a worker may ask for <see cref="Unit"/>, the smallest amount there is. With offers of nothing a job with a price
    /// limit of nothing could be run, so a key that may spend nothing could fill the queue.
    /// </summary>
    public static readonly TokenAmount Least = new(1);

    /// <summary>What <paramref name="fuel"/> costs at <paramref name="price"/>, rounded up.</summary>
    /// <exception cref="OverflowException">The product is no amount.</exception>
    public static TokenAmount Of(long fuel, TokenAmount price) => price.MultiplyDivideRoundingUp((UInt128)fuel, Unit);

    /// <summary>The price of <paramref name="fuel"/>, rounded up; never above <paramref name="limit"/>.</summary>
    public static TokenAmount Cost(ulong fuel, TokenAmount price, TokenAmount limit)
    {
        if (fuel == 0 || price.IsZero)
        {
            return TokenAmount.Zero;
        }
        // Above this price any run costs more than the limit, so the multiplication below cannot overflow the answer.
        return price > Cap(fuel, limit) ? limit : TokenAmount.Min(limit, price.MultiplyDivideRoundingUp(fuel, Unit));
    }

    /// <summary>
    /// Of <paramref name="least"/> to <paramref name="most"/> fuel what <paramref name="limit"/> buys where <paramref name="most"/> costs
    /// <paramref name="price"/>: whole <see cref="Unit"/>s, so that no part of it is rounded.
    /// </summary>
    public static long Bought(TokenAmount limit, long least, long most, TokenAmount price) =>
        limit >= price
            ? most
            : Math.Max(least, (long)limit.MultiplyDivideRoundingDown((UInt128)most / Unit, price.BaseUnits).BaseUnits * Unit);

    /// <summary>The highest price at which <paramref name="fuel"/> stays within <paramref name="limit"/>.</summary>
    public static TokenAmount Cap(UInt128 fuel, TokenAmount limit)
    {
        // ceil(fuel × price / 10^6) <= limit is fuel × price <= limit × 10^6, a product that may not fit.
        var most = limit.BaseUnits;
        return new TokenAmount(
            most <= UInt128.MaxValue / Unit
                ? most * Unit / fuel
                : (UInt128)BigInteger.Min(UInt128.MaxValue, (BigInteger)most * Unit / (BigInteger)fuel)
        );
    }
}
