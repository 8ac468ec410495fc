using System.Diagnostics;
using Marketplace.Crypto;
using Marketplace.Storage;

namespace Marketplace.Verify.Blobs;

/// <summary>
/// One of the processes that share a folder: stores, pins, reads, unpins and collects at random. What it has pinned in time must stay; it
/// prints a line for every blob that did not, and one for each few steps, at which it may be killed.
/// </summary>
internal sealed class BlobsProcess(string folder, int seed, bool looksBeforeItDeletes)
{
    public const int Contents = 18;

    /// <summary>Short, so that blobs get old while others store them again.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(150);

    /// <summary>File systems stamp with a coarse clock, some milliseconds behind.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMilliseconds(60);

    private const int StepsPerLine = 5;

    private static readonly int[] Sizes = [100, 16_384, 16_385, 60_000, 100_000, 300_000];

    private readonly FileBlobStore _store = FileBlobStore.OpenShared(
        Path.Combine(folder, "blobs"),
        new FileBlobStoreOptions { FreeBytesMin = 0 }
    );

    private readonly Random _chance = new(seed);
    private readonly BlobPins _pins = new(folder);
    private long _puts;
    private long _reads;
    private long _deleted;

    public static async Task<int> Run(string[] args)
    {
        var process = new BlobsProcess(args[0], int.Parse(args[1]), looksBeforeItDeletes: args[3] == "take");
        await process.Run(int.Parse(args[2]));
        return 0;
    }

    public static byte[] Content(int number)
    {
        var content = new byte[Sizes[number % Sizes.Length] + number];
        new Random(number).NextBytes(content);
        return content;
    }

    private async Task Run(int steps)
    {
        for (var step = 1; step <= steps; step++)
        {
            switch (_chance.Next(100))
            {
                case < 40:
                    await Put();
                    break;
                case < 60:
                    await Read();
                    break;
                case < 80:
                    _pins.RemoveAllOfOne(_chance);
                    break;
                default:
                    await Collect();
                    break;
            }
            if (step % StepsPerLine == 0)
            {
                Console.WriteLine($"step {step}");
            }
        }
        Console.WriteLine($"done {_puts} {_reads} {_deleted}");
    }

    /// <summary>
    /// A pin that stands before the grace age has passed since the put began is a promise. On a busy machine a put may be held up for
    /// longer. Then collections have taken what it was writing for left over, or it has put an old file in the place of a young one: nobody
    /// was promised that.
    /// </summary>
    private async Task Put()
    {
        var content = Content(_chance.Next(Contents));
        var start = Stopwatch.GetTimestamp();
        try
        {
            var blob = await _store.Put(new MemoryStream(content), content.Length);
            _puts++;
            var pin = _pins.Add(blob.Id);
            if (IsInTime())
            {
                _pins.Promise(pin);
            }
            else
            {
                _pins.WithdrawAll(blob.Id);
            }
        }
        catch (FileNotFoundException) when (!IsInTime())
        {
            Console.WriteLine("late");
        }

        bool IsInTime() => Stopwatch.GetElapsedTime(start) < Grace - ClockSlack;
    }

    private async Task Read()
    {
        if (_pins.AnyPromise(_chance) is not { } promise)
        {
            return;
        }
        var wrong = await Damage(_store, promise.Id);
        _reads++;
        // Unpinned meanwhile: then it may go at any moment.
        if (wrong is not null && _pins.IsPromised(promise))
        {
            Console.WriteLine($"violation {promise.Id} {wrong}");
        }
    }

    /// <returns>Null where the blob is there and right.</returns>
    public static async Task<string?> Damage(FileBlobStore store, BlobId id)
    {
        try
        {
            await using var stream = await store.Open(id);
            if (stream is null)
            {
                return "is pinned and missing";
            }
            var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            return Blake3.Hash(copy.GetBuffer().AsSpan(0, (int)copy.Length)) == id.Value ? null : "has wrong bytes";
        }
        catch (BlobDamagedException damaged)
        {
            return damaged.Message;
        }
    }

    private async Task Collect()
    {
        if (looksBeforeItDeletes)
        {
            _deleted += (await new BlobCollector(_store).Collect(AskWhetherPinned, Grace)).Deleted;
        }
        else
        {
            await CollectByName();
        }
    }

    /// <summary>What a collection must not be: a look, and then a deletion by name.</summary>
    private async Task CollectByName()
    {
        var before = _store.Clock.Now() - Grace;
        await foreach (var blob in _store.List())
        {
            if (blob.StoredAt < before && !await AskWhetherPinned(blob.Id) && await _store.Delete(blob.Id))
            {
                _deleted++;
            }
        }
    }

    /// <summary>A silo asks a grain, perhaps on another machine.</summary>
    private async ValueTask<bool> AskWhetherPinned(BlobId id)
    {
        await Task.Delay(1);
        return _pins.IsPinned(id);
    }
}
