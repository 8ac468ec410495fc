using System.Text;

namespace Marketplace.Storage;

/// <summary>The folder of blobs that belongs to a database is told from every other one.</summary>
public sealed class BlobMarkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RealStore _store = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IAsyncEnumerable<BlobId> Nothing => AsyncEnumerable.Empty<BlobId>();

    private string Blobs => Path.Combine(_folder.Name, "blobs");

    private string MarkFile => Path.Combine(Blobs, BlobMark.FileName);

    public void Dispose()
    {
        _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
    }

    [Fact]
    public async Task FirstSilo_MarksItsFolder_AndTheOthersFindIt()
    {
        var first = await BlobMark.Require(_store.Documents, Blobs, Nothing);
        var second = await BlobMark.Require(_store.Documents, Blobs, Nothing);

        first.Check();
        second.Check();
        Assert.Equal([MarkFile], Directory.EnumerateFileSystemEntries(Blobs));
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task FolderWithoutTheMark_IsRefused_AndNotMade(bool exists)
    {
        await BlobMark.Require(_store.Documents, Blobs, Nothing);
        var unmounted = Path.Combine(_folder.Name, "unmounted");
        if (exists)
        {
            Directory.CreateDirectory(unmounted);
        }

        var refusal = await Assert.ThrowsAsync<BlobFolderException>(() => BlobMark.Require(_store.Documents, unmounted, Nothing));

        Assert.Contains("not mounted", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--blob-folder", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(exists, Directory.Exists(unmounted));
    }

    [Fact]
    public async Task FolderOfAnotherDatabase_IsRefused()
    {
        await BlobMark.Require(_store.Documents, Blobs, Nothing);
        await using var other = new RealStore();

        var refusal = await Assert.ThrowsAsync<BlobFolderException>(() => BlobMark.Require(other.Documents, Blobs, Nothing));

        Assert.Contains("belongs to another cluster", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartThatEndedBetweenFileAndDocument_IsFinishedByTheNext()
    {
        await BlobMark.Require(_store.Documents, Blobs, Nothing);
        var text = await File.ReadAllTextAsync(MarkFile, Cancel);
        await _store.Documents.Delete(new DocumentKey("cluster", "blobs"), 1);

        await BlobMark.Require(_store.Documents, Blobs, Nothing);

        Assert.Equal(text, await File.ReadAllTextAsync(MarkFile, Cancel));
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task UnmarkedFolder_IsTakenWhereTheDatabaseHasBlobs_OnlyIfItHasOneOfThem(bool hasOne)
    {
        var there = (
            await FileBlobStore.OpenShared(Blobs, new FileBlobStoreOptions()).Put(new MemoryStream([1, 2, 3]), 100, cancellation: Cancel)
        ).Id;
        var lost = new BlobId(new Bytes32([.. Enumerable.Repeat((byte)7, 32)]));
        BlobId[] kept = hasOne ? [lost, there] : [lost];

        if (hasOne)
        {
            (await BlobMark.Require(_store.Documents, Blobs, kept.ToAsyncEnumerable())).Check();
            return;
        }
        var refusal = await Assert.ThrowsAsync<BlobFolderException>(() =>
            BlobMark.Require(_store.Documents, Blobs, kept.ToAsyncEnumerable())
        );
        Assert.False(File.Exists(MarkFile));
        Assert.Contains("not mounted", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--blob-folder", refusal.Message, StringComparison.Ordinal);

        // The operator knows better, and does as the message says.
        var said = refusal.Message.Split('\'');
        Assert.Equal(MarkFile, said[^4]);
        await File.WriteAllTextAsync(said[^4], said[^2], Cancel);
        (await BlobMark.Require(_store.Documents, Blobs, kept.ToAsyncEnumerable())).Check();
    }

    [Fact]
    public async Task FolderThatIsLostWhileItIsCollected_LosesNothing()
    {
        var mark = await BlobMark.Require(_store.Documents, Blobs, Nothing);
        var store = FileBlobStore.OpenShared(Blobs, new FileBlobStoreOptions());
        var blob = (await store.Put(new MemoryStream([1, 2, 3]), 100, cancellation: Cancel)).Id;
        File.SetLastWriteTimeUtc(
            Assert.Single(Directory.GetFiles(Blobs, "*.data", SearchOption.AllDirectories)),
            DateTime.UtcNow.AddDays(-1)
        );
        var collector = new BlobCollector(store, mark);

        await Assert.ThrowsAsync<BlobFolderException>(async () => await collector.Collect(Ask, TimeSpan.FromHours(1), Cancel));
        Assert.NotNull(await store.Find(blob, Cancel));
        await Assert.ThrowsAsync<BlobFolderException>(async () =>
            await collector.CollectInTurn(TimeSpan.FromHours(1), Ask, TimeSpan.FromHours(1), Cancel)
        );

        ValueTask<bool> Ask(BlobId id)
        {
            File.Delete(MarkFile);
            return new(false);
        }
    }

    [Fact]
    public async Task LostFolder_IsNoStoreOfNothing_UntilItIsBack()
    {
        var mark = await BlobMark.Require(_store.Documents, Blobs, Nothing);
        var blobs = new MarkedBlobStore(FileBlobStore.OpenShared(Blobs, new FileBlobStoreOptions()), mark);
        var stored = await Put("here");
        var away = Path.Combine(_folder.Name, "away");

        Directory.Move(Blobs, away);
        Directory.CreateDirectory(Path.Combine(Blobs, "incoming"));

        await Assert.ThrowsAsync<BlobFolderException>(async () => await blobs.Open(stored, cancellation: Cancel));
        await Assert.ThrowsAsync<BlobFolderException>(async () => await blobs.Find(stored, Cancel));
        await Assert.ThrowsAsync<BlobFolderException>(async () => await blobs.Delete(stored, Cancel));
        await Assert.ThrowsAsync<BlobFolderException>(() => Put("gone"));

        Directory.Delete(Blobs, recursive: true);
        Directory.Move(away, Blobs);
        Assert.NotNull(await blobs.Find(stored, Cancel));
        await Put("back");

        async Task<BlobId> Put(string text) =>
            (await blobs.Put(new MemoryStream(Encoding.UTF8.GetBytes(text)), 100, cancellation: Cancel)).Id;
    }
}
