using System.Collections.Concurrent;
using System.Numerics;

namespace Marketplace.Engine.Runtime;

/// <summary>Reservations between runs, by capacity rounded up to a power of two. What it gives is zero.</summary>
internal static class MemoryPool
{
    private static readonly ConcurrentBag<MemoryReservation>[] Free =
        [.. Enumerable.Range(0, 17).Select(_ => new ConcurrentBag<MemoryReservation>())];

    public static MemoryReservation Rent(int pages)
    {
        var capacity = BitOperations.RoundUpToPowerOf2((uint)Math.Max(pages, 1));
        return Free[BitOperations.Log2(capacity)].TryTake(out var reservation)
            ? reservation
            : MemoryReservation.Reserve((int)capacity);
    }

    /// <param name="reservation">No longer used by the caller.</param>
    /// <param name="used">Bytes from the base that the guest could have written.</param>
    public static void Return(MemoryReservation reservation, long used)
    {
        var bag = Free[BitOperations.Log2((uint)reservation.Pages)];
        if (bag.Count < EnginePolicy.PooledMemoriesMax && reservation.TryReset(used))
        {
            bag.Add(reservation);
        }
        else
        {
            reservation.Dispose();
        }
    }
}
