namespace Marketplace.Reference.Generation;

/// <summary>Chance from a seed: SplitMix64, the same numbers in every version of .NET.</summary>
public sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 to <paramref name="count"/> - 1.</summary>
    public int Next(int count) => (int)(Next() % (ulong)count);

    public int Between(int least, int greatest) => least + Next(greatest - least + 1);

    public bool Chance(int percent) => Next(100) < percent;

    /// <summary>For what should happen once in very many modules.</summary>
    public bool OnceIn(int times) => Next(times) == 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];
}
