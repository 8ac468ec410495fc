using System.Diagnostics;

namespace Marketplace;

/// <summary>A span of a job's trace. METRICS.md lists them from here.</summary>
/// <param name="Name">As collectors know it.</param>
/// <param name="Kind">Whether it takes a request, makes one, or neither.</param>
/// <param name="Process">Which process tells it.</param>
/// <param name="Description">From when to when it is.</param>
public sealed record JobStage(string Name, ActivityKind Kind, string Process, string Description)
{
    private const string Silo = "silo";
    private const string Worker = "worker";

    /// <summary>The root of the trace, the parent of all others.</summary>
    public static readonly JobStage Whole = new("job", ActivityKind.Internal, Silo, "From the hold of its money to its end.");

    public static readonly JobStage Submit = new(
        "submit",
        ActivityKind.Server,
        Silo,
        "The request that submitted it; links to the client's trace where the request has a traceparent."
    );

    public static readonly JobStage Hold = new("hold", ActivityKind.Internal, Silo, "From the hold of its money until it was written.");

    public static readonly JobStage Match = new(
        "match",
        ActivityKind.Internal,
        Silo,
        "From waiting for an offer to a lease, or to its end."
    );

    public static readonly JobStage Lease = new(
        "lease",
        ActivityKind.Internal,
        Silo,
        "A worker has it, until the next step of its history."
    );

    public static readonly JobStage Run = new("run", ActivityKind.Consumer, Worker, "The worker fetches, runs and uploads.");

    public static readonly JobStage Report = new(
        "report",
        ActivityKind.Client,
        Worker,
        "From the run's end until the market has the result."
    );

    public static readonly JobStage Verify = new("verify", ActivityKind.Internal, Silo, "A committee signs the receipt.");

    public static readonly JobStage Settle = new("settle", ActivityKind.Internal, Silo, "The payer's account writes the charge.");

    /// <summary>All of them, in the order of METRICS.md.</summary>
    public static readonly IReadOnlyList<JobStage> All = [Whole, Submit, Hold, Match, Lease, Run, Report, Verify, Settle];
}
