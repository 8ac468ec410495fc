namespace Marketplace;

/// <summary>Bounds of one program that the market checks and that clients must keep to: both sides read the same number here.</summary>
public static class ProgramLimits
{
    /// <summary>A module: compilers and interpreters with their libraries fit. Larger ones are refused before they are read.</summary>
    public const int ModuleBytesMax = 64 * 1024 * 1024;

    /// <summary>A salt: a hash, two ids or a short name; it only has to differ.</summary>
    public const int SaltBytesMax = 64;

    /// <summary>
    /// A key of program state: as long as a path or a URL gets in practice. The state tree hashes it, so longer ones would only cost.
    /// </summary>
    public const int StateKeyBytesMax = 1024;

    /// <summary>
    /// A value of program state: it travels in one report and one write. Larger data belongs into a blob whose id is the value.
    /// </summary>
    public const int StateValueBytesMax = 1 << 20;
}
