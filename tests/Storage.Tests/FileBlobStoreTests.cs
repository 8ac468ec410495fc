using Marketplace.Storage.BitRot;
using Marketplace.Storage.Contracts;

namespace Marketplace.Storage;

public sealed class FileBlobStoreTests : BlobStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly FileBlobStore _store;
    private long _free = long.MaxValue;

    public FileBlobStoreTests() =>
        _store = FileBlobStore.Open(_folder.Name, new FileBlobStoreOptions { FreeBytesMin = 1000, FreeBytes = _ => _free }, _time);

    protected override IBlobStore Store => _store;

    public override void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EachFlippedBitOfASmallBlob_IsFoundByTheCheck_AndNeverRead()
    {
        var result = await BlobRot.Run(_store, 40, "data", BlobRot.Every);
        Assert.Empty(result.Violations);
        Assert.Equal((320, 320), (result.Flips, result.Detected));
    }

    [Fact]
    public async Task EachFlippedBitOfATree_IsFoundByTheCheck_AndNeverMisleadsARead()
    {
        var result = await BlobRot.Run(_store, (2 * 16384) + 40, "tree", BlobRot.Every);
        Assert.Empty(result.Violations);
        Assert.Equal((4 * 32 * 8, 4 * 32 * 8), (result.Flips, result.Detected));
    }

    [Fact]
    public async Task FlippedBitsOfALargerBlob_AreFoundByTheCheck_AndNeverRead()
    {
        // Every bit of the last, short group; of the rest, whose bits are all alike, every 2,039th.
        var result = await BlobRot.Run(
            _store,
            (2 * 16384) + 40,
            "data",
            bits => BlobRot.Every(bits).Where(bit => bit >= 2 * 16384 * 8 || bit % 2039 == 0)
        );
        Assert.Empty(result.Violations);
        Assert.Equal(result.Flips, result.Detected);
    }

    [Theory]
    [InlineData("data")]
    [InlineData("tree")]
    public async Task RandomFlipsOfALargeBlob_AreFoundAtTheirPlace(string part)
    {
        var random = new Random(5);
        var result = await BlobRot.Run(
            _store,
            (16384 * 200) + 77,
            part,
            bits => Enumerable.Range(0, 10).Select(_ => random.NextInt64(bits))
        );
        Assert.Empty(result.Violations);
        Assert.Equal((10, 10), (result.Flips, result.Detected));
    }

    [Fact]
    public async Task TruncatedOrMissingFiles_AreDamage()
    {
        var info = await Store.Put(new MemoryStream(Content(100_000)), 100_000, null, Cancel);
        var tree = _store.Files.Tree(info.Id);
        var bytes = await File.ReadAllBytesAsync(tree, Cancel);
        foreach (var length in (int[])[0, 32, bytes.Length - 1])
        {
            await File.WriteAllBytesAsync(tree, bytes[..length], Cancel);
            Assert.All(await Check(), damage => Assert.Equal("tree", damage.Part));
            await Assert.ThrowsAsync<BlobDamagedException>(() => ReadAll(info.Id, 0, null));
        }
        File.Delete(tree);
        Assert.NotEmpty(await Check());
        await Assert.ThrowsAsync<BlobDamagedException>(() => ReadAll(info.Id, 0, null));
        await File.WriteAllBytesAsync(tree, bytes, Cancel);

        foreach (var length in (int[])[0, 10, 16384, 65536, 99_999])
        {
            await File.WriteAllBytesAsync(_store.Files.Data(info.Id), Content(100_000)[..length], Cancel);
            Assert.NotEmpty(await Check());
            await Assert.ThrowsAsync<BlobDamagedException>(() => ReadAll(info.Id, 0, null));
        }
    }

    [Fact]
    public async Task LeftoversOfUnfinishedPuts_AreRemovedAtOpen()
    {
        var leftover = Path.Combine(_store.Files.Incoming, "0000000007.data");
        await File.WriteAllTextAsync(leftover, "half", Cancel);
        var info = await Store.Put(new MemoryStream(Content(5)), 5, null, Cancel);
        var again = FileBlobStore.Open(_folder.Name, new FileBlobStoreOptions(), _time);
        Assert.False(File.Exists(leftover));
        Assert.NotNull(await again.Find(info.Id, Cancel));
    }

    [Fact]
    public async Task PutBelowTheFloorOfFreeDisk_IsRefused()
    {
        _free = 999;
        var refusal = await Assert.ThrowsAsync<InsufficientDiskException>(async () =>
            await Store.Put(new MemoryStream(Content(5)), 5, null, Cancel)
        );
        Assert.Equal((999, 1000), (refusal.Free, refusal.Floor));
        var lower = _store.WithFloor(500);
        var kept = await lower.Put(new MemoryStream(Content(5)), 5, null, Cancel);
        Assert.Equal(kept.Id, (await Store.Find(kept.Id, Cancel))?.Id);
        _free = 499;
        await Assert.ThrowsAsync<InsufficientDiskException>(async () => await lower.Put(new MemoryStream(Content(5)), 5, null, Cancel));
        _free = 1000;
        await Store.Put(new MemoryStream(Content(5)), 5, null, Cancel);
    }

    [Fact]
    public async Task Collect_DeletesOldUnpinnedBlobsOnly()
    {
        var pinned = await Store.Put(new MemoryStream(Content(5, 1)), 5, null, Cancel);
        var old = await Store.Put(new MemoryStream(Content(40_000, 2)), 40_000, null, Cancel);
        var again = await Store.Put(new MemoryStream(Content(5, 3)), 5, null, Cancel);
        _time.Now += TimeSpan.FromHours(2);
        await Store.Put(new MemoryStream(Content(5, 3)), 5, null, Cancel);
        var young = await Store.Put(new MemoryStream(Content(5, 4)), 5, null, Cancel);
        var stray = _store.Files.Tree(new BlobId(old.Id.Value));
        File.Copy(stray, stray.Replace(".tree", ".copy"));

        var result = await new BlobCollector(_store).Collect(id => new(id == pinned.Id), TimeSpan.FromHours(1), Cancel);

        Assert.Equal(new BlobCollection(4, 1, 40_000), result);
        Assert.Equal(new[] { pinned.Id, again.Id, young.Id }.Order(), (await ListAll()).Select(blob => blob.Id).Order());

        File.Move(stray.Replace(".tree", ".copy"), stray);
        File.SetLastWriteTimeUtc(stray, _time.Now.UtcDateTime.AddHours(-2));
        await new BlobCollector(_store).Collect(id => new(true), TimeSpan.FromHours(1), Cancel);
        Assert.False(File.Exists(stray));
    }
}
