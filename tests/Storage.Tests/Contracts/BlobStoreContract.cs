using Marketplace.Crypto;

namespace Marketplace.Storage.Contracts;

/// <summary>What every <see cref="IBlobStore"/> promises.</summary>
public abstract class BlobStoreContract : IDisposable
{
    /// <summary>Around the sizes where the tree changes its shape: groups of 16 KiB, powers of two of them, batches of 64.</summary>
    public static TheoryData<int> Sizes =>
        [0, 1, 1023, 1024, 16383, 16384, 16385, 32768, 32769, 49152, 65536, 65537, 100_000, 16384 * 64, 16384 * 64 + 1, 16384 * 131 + 5];

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract IBlobStore Store { get; }

    public abstract void Dispose();

    protected static byte[] Content(int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task WhatWasPut_ComesBack(int size)
    {
        var content = Content(size);
        var info = await Store.Put(new MemoryStream(content), size, null, Cancel);

        Assert.Equal(new BlobId(Blake3.Hash(content)), info.Id);
        Assert.Equal(size, info.Size);
        Assert.Equal(size, (await Store.Find(info.Id, Cancel))!.Value.Size);
        Assert.Equal(content, await ReadAll(info.Id, 0, null));
        Assert.Empty(await Check());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Ranges_AreThoseBytes(int size)
    {
        var content = Content(size);
        var info = await Store.Put(new MemoryStream(content), size, null, Cancel);
        var random = new Random(size);
        for (var round = 0; round < 20; round++)
        {
            var offset = random.Next(size + 1);
            var length = random.Next(size - offset + 1);
            Assert.Equal(content.AsSpan(offset, length).ToArray(), await ReadAll(info.Id, offset, length));
        }
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.Open(info.Id, size + 1, null, Cancel));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.Open(info.Id, 0, size + 1, Cancel));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.Open(info.Id, -1, null, Cancel));
    }

    [Fact]
    public async Task PutTwice_IsStoredOnce()
    {
        var first = await Store.Put(new MemoryStream(Content(40_000)), 40_000, null, Cancel);
        var second = await Store.Put(new MemoryStream(Content(40_000)), 40_000, null, Cancel);
        Assert.Equal(first.Id, second.Id);
        Assert.Single(await ListAll());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20_000)]
    [InlineData(300_000)]
    public async Task BlobOverTheLimit_IsRefusedAndNothingIsKept(int limit)
    {
        var refusal = await Assert.ThrowsAsync<BlobTooLargeException>(async () =>
            await Store.Put(new MemoryStream(Content(limit + 1)), limit, null, Cancel)
        );
        Assert.Equal(limit, refusal.SizeMax);
        Assert.Empty(await ListAll());
        await Store.Put(new MemoryStream(Content(limit)), limit, null, Cancel);
        Assert.Single(await ListAll());
    }

    [Fact]
    public async Task ContentWithAnotherHash_IsRefusedAndNothingIsKept()
    {
        var expected = new BlobId(Blake3.Hash("other"u8));
        var refusal = await Assert.ThrowsAsync<BlobMismatchException>(async () =>
            await Store.Put(new MemoryStream(Content(50_000)), 50_000, expected, Cancel)
        );
        Assert.Equal((expected, new BlobId(Blake3.Hash(Content(50_000)))), (refusal.Expected, refusal.Actual));
        Assert.Empty(await ListAll());
    }

    [Fact]
    public async Task UnknownBlob_IsNotThere()
    {
        var id = new BlobId(Blake3.Hash("unknown"u8));
        Assert.Null(await Store.Find(id, Cancel));
        Assert.Null(await Store.Open(id, 0, null, Cancel));
        Assert.False(await Store.Delete(id, Cancel));
    }

    [Fact]
    public async Task DeletedBlob_IsGone_AndCanBePutAgain()
    {
        var info = await Store.Put(new MemoryStream(Content(40_000)), 40_000, null, Cancel);
        Assert.True(await Store.Delete(info.Id, Cancel));
        Assert.Null(await Store.Find(info.Id, Cancel));
        Assert.Empty(await ListAll());
        await Store.Put(new MemoryStream(Content(40_000)), 40_000, null, Cancel);
        Assert.Equal(Content(40_000), await ReadAll(info.Id, 0, null));
    }

    [Fact]
    public async Task ConcurrentPutsOfOneBlob_AllSucceed()
    {
        var puts = Enumerable
            .Range(0, 8)
            .Select(_ => Task.Run(async () => await Store.Put(new MemoryStream(Content(70_000)), 70_000, null, Cancel)));
        var infos = await Task.WhenAll(puts);
        Assert.Single(infos.Select(info => info.Id).Distinct());
        Assert.Equal(Content(70_000), await ReadAll(infos[0].Id, 0, null));
    }

    [Fact]
    public async Task StreamThatFails_LeavesNothing()
    {
        await Assert.ThrowsAsync<InvalidDataException>(async () => await Store.Put(new FailingStream(), long.MaxValue, null, Cancel));
        Assert.Empty(await ListAll());
    }

    protected async Task<byte[]> ReadAll(BlobId id, long offset, long? length)
    {
        await using var stream = await Store.Open(id, offset, length, Cancel);
        Assert.NotNull(stream);
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Cancel);
        return copy.ToArray();
    }

    protected async Task<List<BlobDamage>> Check()
    {
        var damages = new List<BlobDamage>();
        await foreach (var damage in Store.Check(Cancel))
        {
            damages.Add(damage);
        }
        return damages;
    }

    protected async Task<List<BlobInfo>> ListAll()
    {
        var blobs = new List<BlobInfo>();
        await foreach (var blob in Store.List(Cancel))
        {
            blobs.Add(blob);
        }
        return blobs;
    }

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ++_reads > 3 ? throw new InvalidDataException("The sender is gone.") : new(buffer.Length);

        private int _reads;
    }
}
