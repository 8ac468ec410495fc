using System.Numerics;

namespace Marketplace.Engine.Runtime;

/// <summary>Reservations between runs, by capacity rounded up to a power of two. What it gives is zero.</summary>
internal static class MemoryPool
{
    private static readonly Shelf[] Shelves = [.. Enumerable.Range(0, 17).Select(_ => new Shelf())];

    public static MemoryReservation Rent(int pages)
    {
        var capacity = BitOperations.RoundUpToPowerOf2((uint)Math.Max(pages, 1));
        return Shelves[BitOperations.Log2(capacity)].Take() ?? MemoryReservation.Reserve((int)capacity);
    }

    /// <param name="reservation">No longer used by the caller.</param>
    /// <param name="used">Bytes from the base that the guest could have written.</param>
    /// <param name="warm">What the next guest is likely to use.</param>
    public static void Return(MemoryReservation reservation, long used, WarmRange warm)
    {
        if (!reservation.TryReset(used, warm) || !Shelves[BitOperations.Log2((uint)reservation.Pages)].TryPut(reservation))
        {
            reservation.Dispose();
        }
    }

    /// <summary>Gives back what no guest uses now.</summary>
    public static void Clear()
    {
        foreach (var shelf in Shelves)
        {
            while (shelf.Take() is { } reservation)
            {
                reservation.Dispose();
            }
        }
    }

    /// <summary>Reservations of one capacity, the last used first: its pages are the likeliest to be in the cache.</summary>
    private sealed class Shelf
    {
        private readonly Lock _gate = new();
        private readonly Stack<MemoryReservation> _free = [];

        public MemoryReservation? Take()
        {
            lock (_gate)
            {
                return _free.TryPop(out var reservation) ? reservation : null;
            }
        }

        public bool TryPut(MemoryReservation reservation)
        {
            lock (_gate)
            {
                if (_free.Count >= EnginePolicy.PooledMemoriesMax)
                {
                    return false;
                }

                _free.Push(reservation);
                return true;
            }
        }
    }
}
