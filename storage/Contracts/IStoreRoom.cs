namespace Marketplace.Storage;

/// <summary>
/// Whether a store has room for new work. What was accepted before is written to the end, below the floor too: the floor is what that
/// needs. A store whose disk this process cannot see always says that it has room, and refuses the writes themselves when it has none.
/// Thread-safe, and cheap enough for every request.
/// </summary>
public interface IStoreRoom
{
    /// <summary>Null while there is room.</summary>
    DiskShortage? Shortage { get; }
}

/// <param name="Free">Bytes that are free.</param>
/// <param name="Floor">Bytes that must be free for new work.</param>
public sealed record DiskShortage(long Free, long Floor);
