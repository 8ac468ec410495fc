namespace Marketplace.Grains;

/// <summary>Bounds of one blob's grain, each with its reason.</summary>
internal static class BlobPolicy
{
    /// <summary>Accounts and programs that keep one blob: they are one document, written whole.</summary>
    public const int HoldersMax = 10_000;

    /// <summary>
    /// Removed programs that one call looks at: each costs a query and a call, and all must end within the time-out. The next call looks at
    /// the others.
    /// </summary>
    public const int RemovedProgramsPerCall = 100;

    /// <summary>
    /// The least time that a removed program keeps its module: a submission that found the program before may still be writing its jobs.
    /// After that time no such submission is under way. It is also the pause between two questions whether a job needs the module.
    /// </summary>
    public static readonly TimeSpan RemovedProgramAge = AccountPolicy.HoldOrphanAge;
}
