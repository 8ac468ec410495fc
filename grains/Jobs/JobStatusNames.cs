using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The names of the statuses in the read model: snake_case.</summary>
internal static class JobStatusNames
{
    private static readonly string[] Names =
    [
        "pending",
        "matched",
        "running",
        "verifying",
        "completed",
        "failed",
        "cancelled",
        "timed_out",
        "expired",
    ];

    public static string Of(JobStatus status) => Names[(int)status];

    /// <exception cref="InvalidDataException">No status has the name.</exception>
    public static JobStatus Parse(string name) =>
        Array.IndexOf(Names, name) is >= 0 and var index
            ? (JobStatus)index
            : throw new InvalidDataException($"'{name}' is no status of a job.");
}
