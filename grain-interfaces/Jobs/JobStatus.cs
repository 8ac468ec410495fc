namespace Marketplace.GrainInterfaces;

/// <summary>Where a job is in its life. <see cref="Matched"/> and <see cref="Running"/> live in memory only.</summary>
public enum JobStatus
{
    Pending = 0,
    Matched = 1,
    Running = 2,
    Verifying = 3,

    /// <summary>The program ended normally.</summary>
    Completed = 4,

    /// <summary>The program failed, or could not be run.</summary>
    Failed = 5,

    /// <summary>The client cancelled it.</summary>
    Cancelled = 6,

    /// <summary>The program ran longer than it was allowed to.</summary>
    TimedOut = 7,

    /// <summary>No worker took it in time.</summary>
    Expired = 8,
}

public static class JobStatusExtensions
{
    public static bool HasEnded(this JobStatus status) => status >= JobStatus.Completed;
}
