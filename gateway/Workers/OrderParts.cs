using System.Text;
using Marketplace.Api.Workers;
using Marketplace.Worker.Protocol;

namespace Marketplace.Gateway;

/// <summary>
/// Orders in frames of a bounded size, so that a worker's credit in bytes governs how much is on its way to it. Stops come first: they
/// spare
/// work.
/// </summary>
internal static class OrderParts
{
    /// <summary>What a lease takes beside its texts and its input: ids, numbers and names.</summary>
    private const int LeaseBytes = 1024;

    /// <summary>What a file's entry takes beside its name.</summary>
    private const int FileBytes = 80;

    /// <summary>A window's numbers and its committee's hash.</summary>
    private const int WindowBytes = 256;

    /// <summary>What a receipt takes beside its seats and shares: a job, an account, amounts, four words, and names.</summary>
    private const int DraftBytes = 512;

    /// <summary>A key and an amount of 39 digits, with their names.</summary>
    private const int PaidBytes = 160;

    /// <summary>A byte of a text as <c>\u0000</c>.</summary>
    private const int EscapedBytes = 6;

    public static IEnumerable<LinkFrame> Of(WorkerOrders orders)
    {
        // What is small goes with the first part.
        var part = new Part(
            orders with
            {
                Leases = [],
                Duties = orders.Duties is { } duties and not { Share: null, Settlement: null } ? duties with { Windows = null } : null,
            }
        );
        foreach (var lease in orders.Leases)
        {
            if (part.IsFullBefore(SizeOf(lease)))
            {
                yield return part.ToFrame(more: true);
                part = new Part(new WorkerOrders(orders.Known, [], []));
            }
            part.Add(lease, SizeOf(lease));
        }
        foreach (var window in orders.Duties?.Windows ?? [])
        {
            if (part.IsFullBefore(SizeOf(window)))
            {
                yield return part.ToFrame(more: true);
                part = new Part(new WorkerOrders(orders.Known, [], []));
            }
            part.Add(window, SizeOf(window));
        }
        yield return part.ToFrame(more: false);
    }

    /// <summary>At least what the window's JSON takes.</summary>
    internal static int SizeOf(ReceiptWindow window) =>
        WindowBytes + window.Receipts.Sum(draft => DraftBytes + (PaidBytes * (draft.Seats.Count + draft.Shares.Count)));

    /// <summary>At least what the lease's JSON takes.</summary>
    internal static int SizeOf(WorkerLease lease) =>
        LeaseBytes
        + ((lease.Input.Length + 2) / 3 * 4)
        + Escaped(lease.EntryPoint)
        + lease.Arguments.Sum(Escaped)
        + (lease.Environment?.Sum(variable => Escaped(variable.Key) + Escaped(variable.Value)) ?? 0)
        + (lease.Files?.Sum(file => FileBytes + Escaped(file.Key)) ?? 0);

    private static int Escaped(string? text) => text is null ? 0 : 8 + (EscapedBytes * Encoding.UTF8.GetByteCount(text));

    /// <summary>Orders of one frame. Each has room for one lease or window at least, and both are smaller than a frame.</summary>
    private sealed class Part(WorkerOrders rest)
    {
        private readonly List<WorkerLease> _leases = [];
        private readonly List<ReceiptWindow> _windows = [];
        private int _bytes;

        public bool IsFullBefore(int bytes) => _leases.Count + _windows.Count > 0 && _bytes + bytes > LinkPolicy.OrdersPartBytes;

        public void Add(WorkerLease lease, int bytes)
        {
            _leases.Add(lease);
            _bytes += bytes;
        }

        public void Add(ReceiptWindow window, int bytes)
        {
            _windows.Add(window);
            _bytes += bytes;
        }

        public LinkFrame ToFrame(bool more)
        {
            var duties = _windows.Count == 0 ? rest.Duties : (rest.Duties ?? new CommitteeDuties()) with { Windows = _windows };
            return new LinkFrame { Orders = rest with { Leases = _leases, Duties = duties }, More = more ? true : null };
        }
    }
}
