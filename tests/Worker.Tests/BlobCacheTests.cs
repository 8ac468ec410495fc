using Marketplace.Crypto;
using Marketplace.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker;

/// <summary>What the worker keeps on disk of modules and inputs.</summary>
public sealed class BlobCacheTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("marketplace-").FullName;
    private readonly SettableTime _time = new(TimeProvider.System);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Blob_IsReadAgain_AlsoByTheNextProcess()
    {
        var (id, bytes) = Blob(1, 10_000);
        var cache = Open(1 << 20);

        Assert.Null(cache.Read(id, int.MaxValue));
        cache.Write(id, bytes);

        Assert.Equal(bytes, cache.Read(id, int.MaxValue));
        Assert.Equal(bytes, Open(1 << 20).Read(id, int.MaxValue));
    }

    [Fact]
    public void DamagedOrCutFile_IsNeverServed_AndGoes()
    {
        var (flipped, cut, emptied) = (Blob(1, 10_000), Blob(2, 10_000), Blob(3, 10_000));
        var cache = Open(1 << 20);
        foreach (var (id, bytes) in new[] { flipped, cut, emptied })
        {
            cache.Write(id, bytes);
        }
        var damaged = File.ReadAllBytes(PathOf(flipped.Id));
        damaged[5000] ^= 1;
        File.WriteAllBytes(PathOf(flipped.Id), damaged);
        File.WriteAllBytes(PathOf(cut.Id), cut.Bytes[..5000]);
        File.WriteAllBytes(PathOf(emptied.Id), []);

        // Both a process that goes on and one that starts with such files.
        Assert.Null(cache.Read(flipped.Id, int.MaxValue));
        var next = Open(1 << 20);
        Assert.Null(next.Read(cut.Id, int.MaxValue));
        Assert.Null(next.Read(emptied.Id, int.MaxValue));
        Assert.Empty(Directory.EnumerateFiles(_folder));

        next.Write(flipped.Id, flipped.Bytes);
        Assert.Equal(flipped.Bytes, next.Read(flipped.Id, int.MaxValue));
    }

    [Fact]
    public void WhatAKilledProcessWasWriting_GoesAtTheNextStart()
    {
        var (id, bytes) = Blob(1, 10_000);
        File.WriteAllBytes($"{PathOf(id)}.0123.new", bytes);
        File.WriteAllText(Path.Combine(_folder, "not a blob"), "a person's");

        var cache = Open(1 << 20);

        Assert.Null(cache.Read(id, int.MaxValue));
        Assert.Equal(["not a blob"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void LeastRecentlyUsed_MakesRoom()
    {
        var (first, second, third) = (Blob(1, 10_000), Blob(2, 10_000), Blob(3, 10_000));
        var cache = Open(20_000);
        cache.Write(first.Id, first.Bytes);
        cache.Write(second.Id, second.Bytes);
        Assert.NotNull(cache.Read(first.Id, int.MaxValue));

        cache.Write(third.Id, third.Bytes);

        Assert.Null(cache.Read(second.Id, int.MaxValue));
        Assert.NotNull(cache.Read(first.Id, int.MaxValue));
        Assert.NotNull(cache.Read(third.Id, int.MaxValue));
        Assert.Equal(2, Directory.EnumerateFiles(_folder).Count());
    }

    [Fact]
    public void OrderOfUse_AndALowerLimit_HoldAtTheNextStart()
    {
        var (first, second) = (Blob(1, 10_000), Blob(2, 10_000));
        var cache = Open(20_000);
        cache.Write(first.Id, first.Bytes);
        cache.Write(second.Id, second.Bytes);
        _time.Set(TimeSpan.FromHours(1));
        Assert.NotNull(cache.Read(first.Id, int.MaxValue));

        var next = Open(10_000);

        Assert.Null(next.Read(second.Id, int.MaxValue));
        Assert.Equal(first.Bytes, next.Read(first.Id, int.MaxValue));
    }

    [Fact]
    public void ManySmallBlobs_CountAsPieces()
    {
        var cache = Open(4 * BlobCache.FileBytesMin);
        for (var number = 0; number < 10; number++)
        {
            var (id, bytes) = Blob((byte)number, 10);
            cache.Write(id, bytes);
        }

        Assert.Equal(4, Directory.EnumerateFiles(_folder).Count());
    }

    [Fact]
    public void BlobAtTheLimit_IsKept_OneBeyondIsNot()
    {
        var (fits, beyond) = (Blob(1, 10_000), Blob(2, 10_001));
        var cache = Open(10_000);

        cache.Write(fits.Id, fits.Bytes);
        cache.Write(beyond.Id, beyond.Bytes);

        Assert.NotNull(cache.Read(fits.Id, 10_000));
        Assert.Null(cache.Read(beyond.Id, int.MaxValue));
    }

    [Fact]
    public void ReaderWithALowerBound_GetsNothing()
    {
        var (id, bytes) = Blob(1, 10_000);
        var cache = Open(20_000);
        cache.Write(id, bytes);

        Assert.Null(cache.Read(id, 9_999));
    }

    [Fact]
    public async Task TwoRunsOfTheSameBlob_BothHaveIt()
    {
        var cache = Open(100_000);
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        for (var round = 0; round < 200; round++)
                        {
                            var (id, bytes) = Blob((byte)(round % 20), 10_000);
                            cache.Write(id, bytes);
                            Assert.True(cache.Read(id, int.MaxValue) is not { } read || read.AsSpan().SequenceEqual(bytes));
                        }
                    })
                )
        );

        Assert.Equal(10, Directory.EnumerateFiles(_folder).Count());
    }

    private BlobCache Open(long bytesMax) => BlobCache.Open(new CacheOptions(_folder, bytesMax), _time, NullLogger.Instance);

    private string PathOf(BlobId id) => Path.Combine(_folder, id.ToString());

    private static (BlobId Id, byte[] Bytes) Blob(byte number, int size)
    {
        var bytes = Enumerable.Repeat(number, size).ToArray();
        return (IdDerivation.Blob(bytes), bytes);
    }
}
