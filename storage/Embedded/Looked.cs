namespace Marketplace.Storage;

/// <summary>An answer of the tables, and the moment of which it is true.</summary>
internal struct Looked<TFound>()
{
    public TFound? Found;

    /// <summary>What <see cref="StoreMemory.Removals"/> was just before the question.</summary>
    public long Removals = -1;

    /// <summary>
    /// True while the fold moved nothing to the tables since the question: only then is a key that is not in memory as answered.
    /// </summary>
    public readonly bool IsTrueAt(long removals) => removals == Removals;
}
