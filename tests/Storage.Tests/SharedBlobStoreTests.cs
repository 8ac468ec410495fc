using Marketplace.Crypto;
using Marketplace.Storage.Contracts;

namespace Marketplace.Storage;

/// <summary>
/// Two stores on one folder, as two machines have it: each call of the contract goes to the other one than the call before.
/// </summary>
public sealed class SharedBlobStoreTests : BlobStoreContract
{
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private readonly TemporaryFolder _folder = new();
    private readonly FileBlobStore _one;
    private readonly FileBlobStore _other;
    private readonly InTurn _both;

    public SharedBlobStoreTests()
    {
        (_one, _other) = (Open(), Open());
        _both = new InTurn(_one, _other);
    }

    protected override IBlobStore Store => _both;

    public override void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OpeningTheFolder_LeavesWhatOthersAreWriting()
    {
        using var content = new Half(Content(40_000));
        var put = _one.Put(content, 40_000, null, Cancel);
        await content.IsUnderWay;
        var third = Open();
        content.GoOn();
        Assert.NotNull(await third.Find((await put).Id, Cancel));
    }

    [Fact]
    public async Task OldLeftovers_AreCollected_YoungOnesAreNot()
    {
        var (old, young) = (_one.Files.NewIncoming() + ".data", _one.Files.NewIncoming() + ".data");
        await File.WriteAllTextAsync(old, "half", Cancel);
        await File.WriteAllTextAsync(young, "half", Cancel);
        MakeOld(old);
        await Collect(_other);
        Assert.Equal((false, true), (File.Exists(old), File.Exists(young)));
    }

    [Fact]
    public async Task BlobThatIsPutAgain_IsYoung_AndWholeAgain()
    {
        var info = await Put(_one, 100_000);
        MakeOld(_one.Files.Data(info.Id));
        MakeOld(_one.Files.Tree(info.Id));
        await using (var damaged = File.OpenWrite(_one.Files.Data(info.Id)))
        {
            await damaged.WriteAsync(new byte[20], Cancel);
        }

        await Put(_other, 100_000);
        Assert.Equal(0, (await Collect(_one)).Deleted);
        Assert.Empty(await Check());
        Assert.Equal(Content(100_000), await ReadAll(info.Id, 0, null));
    }

    [Fact]
    public async Task OldBlob_GoesWithItsTree()
    {
        var info = await Put(_one, 100_000);
        MakeOld(_one.Files.Data(info.Id));
        MakeOld(_one.Files.Tree(info.Id));
        Assert.Equal(new BlobCollection(1, 1, 100_000), await Collect(_other));
        Assert.Empty(Directory.EnumerateFiles(_folder.Name, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task DeletedBlob_LeavesAYoungTreeToWhoeverIsPuttingIt()
    {
        var info = await Put(_one, 100_000);
        Assert.True(await _other.Delete(info.Id, Cancel));
        await Collect(_other);
        Assert.True(File.Exists(_one.Files.Tree(info.Id)));
        MakeOld(_one.Files.Tree(info.Id));
        await Collect(_other);
        Assert.False(File.Exists(_one.Files.Tree(info.Id)));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("tree")]
    public async Task FileThatACrashedCollectorHadTaken_IsFoundByWhoeverReadsIt(string part)
    {
        var info = await Put(_one, 100_000);
        TakeAway(part == "data" ? _one.Files.Data(info.Id) : _one.Files.Tree(info.Id));
        Assert.Equal(Content(100_000), await ReadAll(info.Id, 0, null));
        Assert.Empty(await Check());
        Assert.Equal(2, Directory.GetFiles(_one.Files.FolderOf(info.Id)).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FileThatACrashedCollectorHadTaken_IsPutBackByTheNextOne_AndGoesIfItIsOld(bool isOld)
    {
        var info = await Put(_one, 5);
        if (isOld)
        {
            MakeOld(_one.Files.Data(info.Id));
        }
        TakeAway(_one.Files.Data(info.Id));
        Assert.Equal(isOld ? 1 : 0, (await Collect(_other)).Deleted);
        Assert.Equal(isOld ? 0 : 1, Directory.GetFiles(_one.Files.FolderOf(info.Id)).Length);
    }

    [Fact]
    public async Task YoungFileThatWasTaken_WinsOverAnOldOneInItsPlace()
    {
        var info = await Put(_one, 5);
        TakeAway(_one.Files.Data(info.Id));
        await Put(_one, 5);
        MakeOld(_one.Files.Data(info.Id));
        Assert.Equal(0, (await Collect(_other)).Deleted);
        Assert.NotNull(await _other.Find(info.Id, Cancel));
    }

    [Fact]
    public async Task YoungFileThatWasTaken_MakesNoYoungerOneOlder()
    {
        var path = _one.Files.Data((await Put(_one, 100)).Id);
        var taken = TakeAway(path);
        await Put(_other, 100);
        File.SetLastWriteTimeUtc(taken, DateTime.UtcNow - (Grace / 2));
        var before = File.GetLastWriteTimeUtc(path);
        BlobShelf.GiveBack(taken, path);
        Assert.Equal((before, false), (File.GetLastWriteTimeUtc(path), File.Exists(taken)));
    }

    [Fact]
    public async Task YoungFileThatSomebodyElseGaveBack_StaysWhereItIs()
    {
        var id = (await Put(_one, 100)).Id;
        var taken = TakeAway(_one.Files.Data(id));
        Assert.True(BlobShelf.Rescue(_one.Files.Data(id)));
        BlobShelf.GiveBack(taken, _one.Files.Data(id));
        Assert.NotNull(await _one.Find(id, Cancel));
    }

    [Fact]
    public async Task Collection_IsOneProcessesTurnInEachPeriod()
    {
        var none = TimeSpan.FromDays(36_500);
        var collections = new List<BlobCollection?>();
        foreach (var store in (FileBlobStore[])[_one, _other, Open()])
        {
            collections.Add(await new BlobCollector(store).CollectInTurn(none, _ => new(true), Grace, Cancel));
        }
        Assert.Single(collections, collection => collection is not null);
        // The period is another one, so its number is.
        Assert.NotNull(await new BlobCollector(_other).CollectInTurn(none / 2, _ => new(true), Grace, Cancel));
    }

    [Fact]
    public async Task PutsOfOneBlob_BesideCollectionsOfIt_AlwaysLeaveIt()
    {
        // Everything is old at once, so each collection takes what it finds: a put that has returned must not be one of them.
        var id = new BlobId(Blake3.Hash(Content(40_000)));
        for (var round = 0; round < 50; round++)
        {
            await Put(_one, 40_000);
            MakeOld(_one.Files.Data(id));
            MakeOld(_one.Files.Tree(id));
            var collecting = Task.Run(async () => await Collect(_other), Cancel);
            var also = Task.Run(async () => await Collect(Open()), Cancel);
            await Put(_one, 40_000);
            Assert.Equal(Content(40_000), await ReadAll(id, 0, null));
            await Task.WhenAll(collecting, also);
            Assert.Equal(Content(40_000), await ReadAll(id, 0, null));
        }
        Assert.Empty(await Check());
    }

    private FileBlobStore Open() => FileBlobStore.OpenShared(_folder.Name, new FileBlobStoreOptions { FreeBytesMin = 0 });

    private static async Task<BlobInfo> Put(FileBlobStore store, int size) =>
        await store.Put(new MemoryStream(Content(size)), size, null, Cancel);

    private static async Task<BlobCollection> Collect(FileBlobStore store) =>
        await new BlobCollector(store).Collect(_ => new(false), Grace, Cancel);

    private static void MakeOld(string file) => File.SetLastWriteTimeUtc(file, DateTime.UtcNow - (2 * Grace));

    private static string TakeAway(string file)
    {
        var taken = $"{file}.{Guid.NewGuid():n}.taken";
        File.Move(file, taken);
        return taken;
    }

    /// <summary>Content whose second half comes when the test says so.</summary>
    private sealed class Half(byte[] content) : MemoryStream(content)
    {
        private readonly TaskCompletionSource _underWay = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsUnderWay => _underWay.Task;

        public void GoOn() => _goOn.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position >= Length / 2)
            {
                _underWay.TrySetResult();
                await _goOn.Task;
                return Read(buffer.Span);
            }
            return Read(buffer.Span[..Math.Min(buffer.Length, (int)Length / 2)]);
        }
    }

    private sealed class InTurn(IBlobStore one, IBlobStore other) : IBlobStore
    {
        private int _calls;

        private IBlobStore Next => Interlocked.Increment(ref _calls) % 2 == 0 ? one : other;

        public ValueTask<BlobInfo?> Find(BlobId id, CancellationToken cancellation) => Next.Find(id, cancellation);

        public ValueTask<BlobInfo> Put(Stream content, long sizeMax, BlobId? expected, CancellationToken cancellation) =>
            Next.Put(content, sizeMax, expected, cancellation);

        public ValueTask<Stream?> Open(BlobId id, long offset, long? length, CancellationToken cancellation) =>
            Next.Open(id, offset, length, cancellation);

        public ValueTask<bool> Delete(BlobId id, CancellationToken cancellation) => Next.Delete(id, cancellation);

        public IAsyncEnumerable<BlobInfo> List(CancellationToken cancellation) => Next.List(cancellation);

        public IAsyncEnumerable<BlobDamage> Check(CancellationToken cancellation) => Next.Check(cancellation);
    }
}
