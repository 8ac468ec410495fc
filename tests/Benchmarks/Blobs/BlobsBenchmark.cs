using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Benchmarks.Blobs;

/// <summary>
/// Bytes over HTTP to a real silo and back: one large blob, and many of 16 KiB. In turns with what the machine itself needs to copy, hash
/// and flush the same files (<c>cp</c>, <c>b3sum</c>, <c>sync</c>), and with a plain server that does not hash or flush. Each turn has
/// other bytes, so nothing is there before. The figures are medians of the turns.
/// </summary>
internal static class BlobsBenchmark
{
    private const int PieceBytes = 16 << 10;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var (mebibytes, count) = (arguments.Number("mib", 1024), arguments.Number("small", 10_000));
        var (turns, atOnce) = (arguments.Number("turns", 3), arguments.Number("clients", 16));
        if (!await Tool.Exists("b3sum"))
        {
            throw new BenchmarkException("b3sum is not installed: there is no limit to compare with (Debian: apt-get install b3sum).");
        }
        using var folder = new TemporaryFolder();
        using var data = new TemporaryFolder();
        await using var node = await BenchmarkNode.Make(data.Path);
        await using var silo = await SiloFigures.Start(data.Path, [.. node.Options, "--worker", "false"]);
        await using var plain = await PlainServer.Start();
        if (plain is null)
        {
            await Console.Error.WriteLineAsync("nginx is not installed: the silo is compared with the machine only.");
        }
        var key = (await File.ReadAllTextAsync(Path.Combine(data.Path, "key"))).Trim();
        using var ours = new BlobClient(new Uri((await File.ReadAllTextAsync(Path.Combine(data.Path, "url"))).Trim()), key);
        using var peer = plain is null ? null : new BlobClient(plain.Url, key: null);
        await WarmUp(ours, folder.Path, atOnce);
        var (large, small) = (new List<Turn>(), new List<Turn>());
        for (var turn = 0; turn < turns; turn++)
        {
            var file = await LargeFile(folder.Path, (long)mebibytes << 20);
            large.Add(await Measure(silo, ours, peer, file, client => client.One(file)));
            File.Delete(file);
            var pieces = Pieces(count);
            var files = await SmallFiles(folder.Path, pieces);
            small.Add(await Measure(silo, ours, peer, files, client => client.Many(pieces, atOnce)));
            Directory.Delete(files, recursive: true);
            Console.Error.WriteLine($"turn {turn}: {large[^1]}; many: {small[^1]}");
        }
        var line = new
        {
            Bench = "blobs",
            Mib = mebibytes,
            Large = Describe(large),
            Small = count,
            Many = Describe(small),
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        return 0;
    }

    /// <summary>So that no turn waits for the compiler.</summary>
    private static async Task WarmUp(BlobClient ours, string folder, int atOnce)
    {
        var file = await LargeFile(folder, 64 << 20);
        await ours.One(file);
        File.Delete(file);
        await ours.Many(Pieces(2_000), atOnce);
    }

    private static async Task<Turn> Measure(
        SiloProcess silo,
        BlobClient ours,
        BlobClient? peer,
        string source,
        Func<BlobClient, Task<BlobTimes>> run
    )
    {
        var limit = await Limit(source);
        // What other parts have written is not to be flushed in the middle of it.
        await Tool.Run("sync");
        var before = SiloFigures.Of(silo).Processor;
        var times = await run(ours);
        var processor = SiloFigures.Of(silo).Processor - before;
        await Tool.Run("sync");
        return new Turn(limit, times, processor, peer is null ? null : await run(peer));
    }

    /// <summary>A copy of all files, its hashes, and each of its files flushed.</summary>
    private static async Task<TimeSpan> Limit(string source)
    {
        var copy = source + ".copy";
        await Tool.Run("sync");
        var script = "cp -r \"$1\" \"$2\" && find \"$2\" -type f -exec b3sum {} + > /dev/null && find \"$2\" -type f -exec sync {} +";
        var time = await Tool.Time("sh", "-c", script, "limit", source, copy);
        await Tool.Run("rm", "-r", copy);
        return time;
    }

    private static object Describe(List<Turn> turns)
    {
        double? Median(Func<Turn, double?> figure)
        {
            var known = turns.Select(figure).OfType<double>().Order().ToArray();
            return known.Length == 0 ? null : Math.Round(known[known.Length / 2], 2);
        }
        return new
        {
            LimitMs = Median(turn => turn.Limit.TotalMilliseconds),
            PutMs = Median(turn => turn.Ours.Put.TotalMilliseconds),
            GetMs = Median(turn => turn.Ours.Get.TotalMilliseconds),
            SiloCpuMs = Median(turn => turn.Processor.TotalMilliseconds),
            NginxPutMs = Median(turn => turn.Peer?.Put.TotalMilliseconds),
            NginxGetMs = Median(turn => turn.Peer?.Get.TotalMilliseconds),
            PutOfLimit = Median(turn => turn.Limit / turn.Ours.Put),
            GetOfLimit = Median(turn => turn.Limit / turn.Ours.Get),
            PutOfNginx = Median(turn => turn.Peer?.Put / turn.Ours.Put),
            GetOfNginx = Median(turn => turn.Peer?.Get / turn.Ours.Get),
        };
    }

    private static async Task<string> LargeFile(string folder, long bytes)
    {
        var path = Path.Combine(folder, "large");
        await using var file = File.Create(path);
        var piece = new byte[1 << 20];
        for (var left = bytes; left > 0; left -= piece.Length)
        {
            RandomNumberGenerator.Fill(piece);
            await file.WriteAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, left)));
        }
        return path;
    }

    /// <summary>The same bytes with a number each: making them takes no part in what is measured.</summary>
    private static byte[][] Pieces(int count)
    {
        var common = RandomNumberGenerator.GetBytes(PieceBytes);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(number =>
                {
                    var piece = (byte[])common.Clone();
                    BinaryPrimitives.WriteInt32LittleEndian(piece, number);
                    return piece;
                }),
        ];
    }

    private static async Task<string> SmallFiles(string folder, byte[][] pieces)
    {
        var path = Directory.CreateDirectory(Path.Combine(folder, "small")).FullName;
        for (var i = 0; i < pieces.Length; i++)
        {
            await File.WriteAllBytesAsync(Path.Combine(path, $"{i}"), pieces[i]);
        }
        return path;
    }

    /// <param name="Limit">What the machine needs to copy, hash and flush.</param>
    /// <param name="Ours">What the silo needed.</param>
    /// <param name="Processor">The silo's, for both.</param>
    /// <param name="Peer">What nginx needed; null where there is none.</param>
    private sealed record Turn(TimeSpan Limit, BlobTimes Ours, TimeSpan Processor, BlobTimes? Peer);
}
