namespace Marketplace.GrainInterfaces;

/// <summary>The names of the statuses in the read model and in the API: snake_case.</summary>
public static class JobStatusNames
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

    public static bool TryParse(string name, out JobStatus status)
    {
        status = (JobStatus)Array.IndexOf(Names, name);
        return status >= 0;
    }
}
