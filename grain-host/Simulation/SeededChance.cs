namespace Marketplace.GrainHost.Simulation;

/// <summary>A source of chance that gives the same numbers for the same seed, on every machine and version.</summary>
public interface IChance
{
    /// <summary>64 random bits.</summary>
    ulong Next();

    /// <summary>A number from 0 to one below the bound.</summary>
    int Below(int bound);

    /// <summary>True so many times in a million.</summary>
    bool Happens(int perMillion);
}

/// <summary>SplitMix64, https://prng.di.unimi.it/splitmix64.c: small, and written down once and for all.</summary>
public sealed class SeededChance(ulong seed) : IChance
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }

    /// <inheritdoc/>
    /// <remarks>By multiplication (Lemire); the bias of at most bound / 2^64 cannot be noticed.</remarks>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(Next(), (ulong)bound, out _);
    }

    public bool Happens(int perMillion) => Below(1_000_000) < perMillion;

    /// <summary>A source of its own for another part of the run, so that one more draw in one part does not shift all the others.</summary>
    public SeededChance Fork() => new(Next());
}
