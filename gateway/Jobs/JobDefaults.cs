namespace Marketplace.Gateway;

/// <summary>
/// What a job gets where its request is silent: enough for most programs, little enough that a mistake stays cheap. Part of the API's
/// promise.
/// </summary>
internal static class JobDefaults
{
    /// <inheritdoc cref="JobTerms.FuelMaxUnstated"/>
    public const long FuelMax = JobTerms.FuelMaxUnstated;

    /// <summary>64 MiB.</summary>
    public const int MemoryPagesMax = 1024;

    public const int RetriesMax = 3;

    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan ExpiresAfter = TimeSpan.FromHours(1);
}
