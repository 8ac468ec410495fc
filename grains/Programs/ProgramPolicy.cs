namespace Marketplace.Grains;

/// <summary>Bounds of a deployment, each with its reason.</summary>
internal static class ProgramPolicy
{
    /// <summary>Bytes of all modules that a silo validates or that wait for it: four of the largest, or hundreds of usual ones.</summary>
    public const long InspectedBytesMax = 256 << 20;

    /// <summary>
    /// Accounts that have deployed one program: they are in its document, which is written whole. Other accounts can still run the program.
    /// </summary>
    public const int DeployersMax = 1000;

    /// <summary>Deployments and removals that ledgers have not heard of: with more the next one has to wait until they have.</summary>
    public const int UntoldMax = 16;

    /// <summary>Open jobs that are counted for a refusal: one page of the read model.</summary>
    public const int OpenJobsCounted = 1000;
}
