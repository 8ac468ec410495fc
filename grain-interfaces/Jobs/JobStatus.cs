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

/// <summary>Whose doing an end is, which decides who pays.</summary>
public enum JobFault
{
    /// <summary>It completed: the client pays for the fuel used.</summary>
    None = 0,

    /// <summary>Trap, exit code, no fuel, too much memory or output, time over: the client pays for the fuel used.</summary>
    Program = 1,

    /// <summary>The worker failed or vanished: the client pays nothing.</summary>
    Worker = 2,

    /// <summary>The input, the module or the state of the program could not be had: the client pays nothing.</summary>
    Input = 3,

    /// <summary>Nobody took it: the client pays nothing.</summary>
    NoWorker = 4,

    /// <summary>The client cancelled: it pays nothing, because the fuel of a run that was stopped is not known.</summary>
    Client = 5,
}

public static class JobStatusExtensions
{
    public static bool HasEnded(this JobStatus status) => status >= JobStatus.Completed;
}
