namespace Marketplace.Grains;

/// <summary>Bounds of ledgers, each with its reason.</summary>
internal static class LedgerGrainPolicy
{
    /// <summary>
    /// The newest changes that a ledger remembers, so that a repetition is known without reading: what comes later than so many others is
    /// looked for in the whole ledger.
    /// </summary>
    public const int RecentMax = 1024;

    /// <summary>Bytes of records in one answer: a page that a silo and a client have whole in memory.</summary>
    public const int PageBytesMax = 1024 * 1024;

    /// <summary>
    /// Full tiles that could not be stored yet, in memory and in snapshots: half a megabyte. With more the ledger takes nothing.
    /// </summary>
    public const int UnsavedTilesMax = 64;

    /// <summary>When a change is told again that may not have arrived.</summary>
    public static readonly TimeSpan TellAgainAfter = TimeSpan.FromMinutes(1);

    /// <summary>The reminder of those who have something to tell.</summary>
    public const string TellReminder = "ledger";
}
