namespace Marketplace.Reference.Generation;

/// <summary>What generated modules may contain.</summary>
public sealed record GeneratorOptions
{
    /// <summary>
    /// NaNs are made canonical by instructions of the module itself and all sizes have a bound in it, so that an engine without
    /// our profile must give the same results.
    /// </summary>
    public bool Portable { get; init; }
}
