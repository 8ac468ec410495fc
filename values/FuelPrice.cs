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
}
