namespace Marketplace.Storage;

/// <summary>How the journal writes a time: microseconds since 1970, UTC.</summary>
internal static class JournalTime
{
    public static long Of(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>
    /// What no clock shows, of a damage that the checksum missed or a fault of the writer, is cut to the nearest time there is.
    /// </summary>
    public static DateTimeOffset Read(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(
            Math.Clamp(microseconds, 0, (DateTimeOffset.MaxValue.Ticks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond)
                * TimeSpan.TicksPerMicrosecond
        );
}
