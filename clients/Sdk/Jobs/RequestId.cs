namespace Marketplace;

/// <summary>
/// Request ids for clients that have none of their own. Make one per job, before the first attempt to submit it. Keep it as long as you may
/// repeat that.
/// </summary>
public static class RequestId
{
    /// <summary>A new one: ordered by time, 74 bits of chance.</summary>
    public static string New() => Guid.CreateVersion7().ToString("N");
}
