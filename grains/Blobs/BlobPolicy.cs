namespace Marketplace.Grains;

/// <summary>Bounds of one blob's grain, each with its reason.</summary>
internal static class BlobPolicy
{
    /// <summary>Accounts and programs that keep one blob: they are one document, written whole.</summary>
    public const int HoldersMax = 10_000;

    /// <summary>
    /// Removed programs that one call looks at: each costs a query and a call, and all must end within the time-out. The next call goes on.
    /// </summary>
    public const int RemovedProgramsPerCall = 100;

    /// <summary>
    /// How long a removed program keeps its module at least: a submission that found the program before may still be writing its jobs.
    /// After that time nothing that began before the removal is under way any more. Whether a job needs it is asked again as much later.
    /// </summary>
    public static readonly TimeSpan RemovedProgramAge = AccountPolicy.HoldOrphanAge;
}
