namespace Marketplace.Grains;

/// <summary>What several ready jobs want. An offer that does not fit this fits none of them.</summary>
/// <param name="PriceCapMax">The highest price per million fuel that one of them allows.</param>
/// <param name="MemoryPagesMin">The least memory that one of them needs.</param>
/// <param name="Count">How many they are.</param>
internal readonly record struct Wanted(TokenAmount PriceCapMax, int MemoryPagesMin, int Count)
{
    public static readonly Wanted Nothing = new(TokenAmount.Zero, int.MaxValue, 0);

    public bool MayFit(TokenAmount price, int memoryPagesMax) => Count > 0 && PriceCapMax >= price && MemoryPagesMin <= memoryPagesMax;

    public static Wanted Join(in Wanted one, in Wanted other) =>
        new(
            one.PriceCapMax > other.PriceCapMax ? one.PriceCapMax : other.PriceCapMax,
            Math.Min(one.MemoryPagesMin, other.MemoryPagesMin),
            one.Count + other.Count
        );
}
