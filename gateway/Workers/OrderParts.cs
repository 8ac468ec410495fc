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

    /// <summary>A byte of a text as <c>\u0000</c>.</summary>
    private const int EscapedBytes = 6;

    public static IEnumerable<LinkFrame> Of(WorkerOrders orders)
    {
        List<WorkerLease> part = [];
        var bytes = 0;
        // What is small goes with the first part.
        var rest = orders with
        {
            Leases = [],
        };
        foreach (var lease in orders.Leases)
        {
            var size = SizeOf(lease);
            if (part.Count > 0 && bytes + size > LinkPolicy.OrdersPartBytes)
            {
                yield return new LinkFrame { Orders = rest with { Leases = [.. part] }, More = true };
                (bytes, rest) = (0, new WorkerOrders(orders.Known, [], []));
                part.Clear();
            }
            part.Add(lease);
            bytes += size;
        }
        yield return new LinkFrame { Orders = rest with { Leases = part } };
    }

    /// <summary>At least what the lease's JSON takes.</summary>
    internal static int SizeOf(WorkerLease lease) =>
        LeaseBytes
        + ((lease.Input.Length + 2) / 3 * 4)
        + Escaped(lease.EntryPoint)
        + lease.Arguments.Sum(Escaped)
        + (lease.Environment?.Sum(variable => Escaped(variable.Key) + Escaped(variable.Value)) ?? 0)
        + (lease.Files?.Sum(file => FileBytes + Escaped(file.Key)) ?? 0);

    private static int Escaped(string? text) => text is null ? 0 : 8 + (EscapedBytes * Encoding.UTF8.GetByteCount(text));
}
