namespace Marketplace;

/// <summary>
/// Request ids for who has none of his own. Make one per job, before the first attempt to submit it, and keep it as long as you may repeat
/// that.
/// </summary>
public static class RequestId
{
    /// <summary>A new one: ordered by time, 74 bits of chance.</summary>
    public static string New() => Guid.CreateVersion7().ToString("N");
}
