namespace Marketplace.Grains;

/// <summary>Bounds of a deployment, each with its reason.</summary>
internal static class ProgramPolicy
{
    /// <summary>A salt: a hash or a short name.</summary>
    public const int SaltBytesMax = 64;

    /// <summary>Entry points that a manifest lists.</summary>
    public const int EntryPointsMax = 1000;

    /// <summary>A module: what a worker compiles within its set-up time.</summary>
    public const long ModuleBytesMax = 16 * 1024 * 1024;
}
