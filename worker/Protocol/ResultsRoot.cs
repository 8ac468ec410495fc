using Marketplace.Api.Workers;
using Marketplace.Crypto;

namespace Marketplace.Worker.Protocol;

/// <summary>
/// The Merkle root of a report's results. A leaf is the hash of one result in a form of its own, which does not depend on how its JSON is
/// written, so one result can be shown with its path and without the others. Of more than one, the left half has the greatest power of two
/// below their number (as in RFC 9162, 2.1).
/// </summary>
internal static class ResultsRoot
{
    private static readonly Blake3Domain Leaf = new("marketplace 2026 worker result v1");
    private static readonly Blake3Domain Node = new("marketplace 2026 worker results v1");

    public static Bytes32 Of(IReadOnlyList<WorkerResult> results)
    {
        var leaves = new Bytes32[results.Count];
        for (var index = 0; index < leaves.Length; index++)
        {
            leaves[index] = LeafOf(results[index]);
        }
        return Root(leaves);
    }

    public static Bytes32 LeafOf(WorkerResult result)
    {
        var text = new SignedText(1024);
        text.Number(result.Lease.Start);
        text.Number(result.Lease.Sequence);
        text.Id(result.Job.Value);
        text.Number((uint)result.Outcome);
        text.MaybePart(result.Reason);
        text.Number(result.FuelUsed);
        text.Part(result.Output.Span);
        text.Byte(result.OutputBlob is null ? (byte)0 : (byte)1);
        if (result.OutputBlob is { } blob)
        {
            text.Id(blob.Value);
        }
        text.Number(result.OutputSize);
        text.Part(result.Log.Span);
        text.Number((uint)result.StateChanges.Count);
        foreach (var change in result.StateChanges)
        {
            text.Part(change.Key.Span);
            text.MaybePart(change.Value);
        }
        text.Number(Ticks(result.StartedAt));
        text.Number(Ticks(result.EndedAt));
        text.Byte(result.ExitCode is null ? (byte)0 : (byte)1);
        if (result.ExitCode is { } code)
        {
            text.Number((long)code);
        }
        text.Number((uint)(result.Files?.Count ?? 0));
        foreach (var file in result.Files ?? [])
        {
            text.Part(file.Name);
            text.Id(file.Blob.Value);
            text.Number(file.Size);
        }
        return Leaf.Hash(text.Bytes);
    }

    private static Bytes32 Root(ReadOnlySpan<Bytes32> leaves)
    {
        if (leaves.Length == 1)
        {
            return leaves[0];
        }
        var left = 1 << (int.Log2(Math.Max(leaves.Length, 2) - 1));
        var text = new SignedText(2 * Bytes32.Size);
        text.Id(leaves.IsEmpty ? default : Root(leaves[..left]));
        text.Id(leaves.IsEmpty ? default : Root(leaves[left..]));
        return Node.Hash(text.Bytes);
    }

    /// <summary>Steps of 100 ns since 1970, UTC.</summary>
    private static long Ticks(DateTimeOffset time) => time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
}
