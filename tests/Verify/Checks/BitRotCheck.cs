using System.Diagnostics;
using Marketplace.Storage;
using Marketplace.Storage.BitRot;

namespace Marketplace.Verify.Checks;

/// <summary>Each single bit of 4 KiB of every kind of stored bytes is flipped: it is found or cut off; no answer is wrong.</summary>
public static class BitRotCheck
{
    private const int Bytes = 4096;

    /// <summary>65 groups have a tree of 128 nodes, which are <see cref="Bytes"/>.</summary>
    private const int BlobBytesWithTree = (64 * 16384) + 1;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var kinds = new SortedDictionary<string, object>(StringComparer.Ordinal);
        var found = new List<string>();
        long flips = 0;
        foreach (var (name, mustDetectAll, run) in Kinds())
        {
            var result = await run();
            Console.Error.WriteLine(
                $"{name}: {result.Flips} flips, {result.Detected} detected, {result.Cut} cut, {result.Harmless} harmless"
            );
            kinds.Add(
                name,
                new
                {
                    result.Flips,
                    result.Detected,
                    result.Cut,
                    result.Harmless,
                }
            );
            flips += result.Flips;
            found.AddRange(result.Violations.Select(violation => $"{name}: {violation}"));
            if (result.Flips != Bytes * 8)
            {
                found.Add($"{name}: {result.Flips} flips, expected {Bytes * 8}.");
            }
            if (mustDetectAll && result.Detected != result.Flips)
            {
                found.Add($"{name}: only {result.Detected} of {result.Flips} flips were detected.");
            }
        }
        var line = new
        {
            Verify = "bitrot",
            Flips = flips,
            Kinds = kinds,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    /// <summary>
    /// Not all flips of a segment are damage: at the end of the newest one they look like a write that was under way when the power went,
    /// and without the closing record nothing is lost.
    /// </summary>
    private static IEnumerable<(string Name, bool MustDetectAll, Func<Task<BitRotResult>> Run)> Kinds()
    {
        yield return ("segment_open", false, () => Task.FromResult(JournalRot.Run(isClosed: false, Bytes)));
        yield return ("segment_closed", false, () => Task.FromResult(JournalRot.Run(isClosed: true, Bytes)));
        yield return ("archive_record", true, () => Task.FromResult(ArchiveRot.Run(Bytes)));
        yield return ("blob_data", true, () => Blob(Bytes, "data"));
        yield return ("blob_tree", true, () => Blob(BlobBytesWithTree, "tree"));
    }

    private static async Task<BitRotResult> Blob(int size, string part)
    {
        using var folder = new TemporaryFolder();
        var store = FileBlobStore.Open(folder.Name, new FileBlobStoreOptions { FreeBytesMin = 0 }, TimeProvider.System);
        return await BlobRot.Run(store, size, part, BlobRot.Every);
    }
}
