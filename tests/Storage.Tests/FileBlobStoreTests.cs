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

    [Theory]
    [InlineData(40)]
    [InlineData(16 * 1024 * 2 + 40)]
    public async Task EachFlippedBit_IsFoundByTheCheck_AndNeverRead(int size)
    {
        var info = await Store.Put(new MemoryStream(Content(size)), size, null, Cancel);
        // Every bit of the last, short group and of the tree; of the rest, whose bits are all alike, every 2,039th.
        await FlipEach(_store.Files.Data(info.Id), info, "data", size > 16384 ? 2039 : 1, size > 16384 ? (size - 40) * 8L : 0);
        if (size > 16384)
            await FlipEach(_store.Files.Tree(info.Id), info, "tree", 1, 0);
        Assert.Empty(await Check());
    }

    [Fact]
    public async Task RandomFlipsOfALargeBlob_AreFoundAtTheirPlace()
    {
        var size = 16384 * 200 + 77;
        var info = await Store.Put(new MemoryStream(Content(size)), size, null, Cancel);
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            var (path, part) = round % 2 == 0 ? (_store.Files.Data(info.Id), "data") : (_store.Files.Tree(info.Id), "tree");
            var bit = random.NextInt64(new FileInfo(path).Length * 8);
            await FlipOne(path, bit, info, part);
        }
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
        var refusal = await Assert.ThrowsAsync<InsufficientDiskException>(
            async () => await Store.Put(new MemoryStream(Content(5)), 5, null, Cancel));
        Assert.Equal((999, 1000), (refusal.Free, refusal.Floor));
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

        var result = await new BlobCollector(_store, _time).Collect(
            id => new(id == pinned.Id), TimeSpan.FromHours(1), Cancel);

        Assert.Equal(new BlobCollection(4, 1, 40_000), result);
        Assert.Equal(new[] { pinned.Id, again.Id, young.Id }.Order(), (await ListAll()).Select(blob => blob.Id).Order());

        File.Move(stray.Replace(".tree", ".copy"), stray);
        File.SetLastWriteTimeUtc(stray, _time.Now.UtcDateTime.AddHours(-2));
        await new BlobCollector(_store, _time).Collect(id => new(true), TimeSpan.FromHours(1), Cancel);
        Assert.False(File.Exists(stray));
    }

    private async Task FlipEach(string path, BlobInfo info, string part, int step, long allFrom)
    {
        var bits = new FileInfo(path).Length * 8;
        for (long bit = 0; bit < bits; bit += bit < allFrom ? step : 1)
            await FlipOne(path, bit, info, part);
    }

    private async Task FlipOne(string path, long bit, BlobInfo info, string part)
    {
        Flip(path, bit);
        var damage = Assert.Single(await Check());
        Assert.Equal((info.Id, part), (damage.Id, damage.Part));
        var unit = part == "data" ? 16384 : 32;
        Assert.Equal(bit / 8 / unit * unit, damage.Offset);
        // Only the top of the tree and what is above a group is looked at when it is read, so a flip in the tree may do no harm.
        try
        {
            Assert.Equal(Content((int)info.Size), await ReadAll(info.Id, 0, null));
            Assert.Equal("tree", part);
        }
        catch (BlobDamagedException damaged)
        {
            Assert.Equal(part, damaged.Damage.Part);
        }
        Flip(path, bit);
    }

    private static void Flip(string path, long bit)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = bit / 8;
        var value = file.ReadByte();
        file.Position = bit / 8;
        file.WriteByte((byte)(value ^ (1 << (int)(bit % 8))));
    }
}
