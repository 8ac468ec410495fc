namespace Marketplace.Grains;

/// <summary>
/// What a subject's jobs usually cost, and so what one of them weighs. The first outcome weighs one, whatever it cost; after it prices far
/// from the usual weigh and move it only so much.
/// </summary>
internal static class UsualPrice
{
    /// <summary>Each outcome moves the usual price by such a part of the difference, a batch by at most the whole of it.</summary>
    private const int MeanParts = 16;

    /// <returns>What so many outcomes of this price each weigh together, in parts of an outcome.</returns>
    /// <param name="usual">The usual price; zero where nothing is known.</param>
    /// <param name="price">What one cost, or could have cost.</param>
    /// <param name="count">How many.</param>
    /// <param name="timesMax">So many times the usual is the most that one weighs.</param>
    public static long Weigh(UInt128 usual, UInt128 price, int count, int timesMax)
    {
        if (usual == 0)
        {
            return (long)count * Tally.Unit;
        }
        var times = UInt128.Min(price, usual * (UInt128)timesMax) * Tally.Unit / usual;
        return count * Math.Max(ReputationPolicy.WeightPartsMin, (long)times);
    }

    /// <returns>The usual price after so many outcomes of this price each; never zero.</returns>
    public static UInt128 After(UInt128 usual, UInt128 price, int count)
    {
        price = UInt128.Max(1, price);
        if (usual == 0)
        {
            return price;
        }
        price = UInt128.Min(price, usual * ReputationPolicy.KeptTimesMax);
        var steps = (UInt128)Math.Min(count, MeanParts);
        var moved = price > usual ? usual + ((price - usual) * steps / MeanParts) : usual - ((usual - price) * steps / MeanParts);
        return UInt128.Max(1, moved);
    }
}
