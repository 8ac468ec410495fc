namespace Marketplace;

/// <summary>
/// Bounds of one job that the market checks and that workers, guests or clients must keep to: both sides read the same number here.
/// </summary>
public static class JobLimits
{
    /// <summary>Inputs and outputs up to this size travel inside the job; larger ones are blobs.</summary>
    public const int InlineBytesMax = 16 * 1024;

    /// <summary>
    /// An input blob, all input files together, and a blob that a guest reads: each is in the worker's memory while the job runs.
    /// </summary>
    public const int InputBytesMax = 64 * 1024 * 1024;

    /// <summary>Output of one job, which is in the worker's memory; its files together may be as large again.</summary>
    public const int OutputBytesMax = 64 * 1024 * 1024;

    /// <summary>Log of one job; it is part of the terminal write. More is cut.</summary>
    public const int LogBytesMax = 64 * 1024;

    /// <summary>Files that a job gets, and that it gives back: each is a blob of its own, looked up or pinned on the way.</summary>
    public const int FilesMax = 64;

    /// <summary>Jobs of one batch: enough to share every fixed cost, few enough that one batch is no queue of its own.</summary>
    public const int BatchJobsMax = 1000;

    /// <summary>Fuel of one job: hours of one core, longer than a client waits for a job.</summary>
    public const long FuelMax = 10_000_000_000_000;

    /// <summary>Guest memory in pages of 64 KiB: 1 GiB.</summary>
    public const int MemoryPagesMax = 16_384;

    /// <summary>
    /// How many times a worker's price a job may pay to come earlier: those that pay once wait at most so many times as long.
    /// </summary>
    public const int PriorityMax = 10;

    /// <summary>Labels that one job may ask for: each is part of its class's name, which people read.</summary>
    public const int NeededLabelsMax = 8;

    /// <summary>Workers that one job may refuse, and owners of workers: each is compared with offers that would fit.</summary>
    public const int RefusedWorkersMax = 20;

    /// <summary>
    /// Workers and owners together that one account refuses for all its jobs: each is in every job, beside those that the job names itself.
    /// </summary>
    public const int AccountRefusalsMax = RefusedWorkersMax;

    /// <summary>Bytes of an entry point's name, which stands in programs' records and in jobs.</summary>
    public const int EntryPointNameBytesMax = 256;

    /// <summary>Wall time of one run.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromHours(1);
}
