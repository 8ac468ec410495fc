namespace Marketplace.Grains;

/// <summary>
/// The SplitMix64 generator (https://prng.di.unimi.it/splitmix64.c): the same numbers for the same seed. Not for secrets.
/// </summary>
public sealed class SeededChance(ulong seed) : IChance
{
    private readonly Lock _gate = new();
    private ulong _state = seed;

    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public ulong NextBits()
    {
        lock (_gate)
        {
            var mixed = _state += 0x9E3779B97F4A7C15;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }
}
