using Marketplace.Storage.Contracts;

namespace Marketplace.Storage;

/// <summary>
/// After a power cut the index of the archive may be newer than the archive. What is archived next takes the place of the lost documents;
/// where all have one size, it lies exactly where they lay.
/// </summary>
public sealed class LostArchiveTests
{
    /// <summary>
    /// More than one step of the fold takes: the first step's documents are in the file before the others are looked for.
    /// </summary>
    internal const int Documents = 100;

    /// <summary>Of the archive's records, those that the power cut left.</summary>
    private const int RecordsKept = 30;

    private static readonly EmbeddedStoreOptions Options = new()
    {
        Projections = [new TextProjection(TextProjection.Thing)],
        FoldDelay = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public async Task DocumentInThePlaceOfALostOne_LeavesEachListedScannedAndExportedOnce()
    {
        using var before = new TemporaryFolder();
        using var after = new TemporaryFolder();
        await FillAndLoseTheArchive(before.Name, after.Name);
        string[] expected = [.. Enumerable.Range(0, Documents).Select(Id)];

        await using (var store = EmbeddedStore.Open(after.Name, Options, TimeProvider.System))
        {
            await store.CatchUp(TestContext.Current.CancellationToken);
            var listed = await store.List(
                new ListingQuery(TextProjection.Thing) { Limit = 2 * Documents },
                TestContext.Current.CancellationToken
            );
            Assert.Equal(expected, listed.Select(row => row.Id).Order(StringComparer.Ordinal));
            var scanned = await store
                .Scan(TextProjection.Thing, TestContext.Current.CancellationToken)
                .Select(pair => pair.Key.Id)
                .ToListAsync(TestContext.Current.CancellationToken);
            Assert.Equal(expected, scanned.Order(StringComparer.Ordinal));
            foreach (var id in expected)
            {
                Assert.NotNull(await store.Read(new DocumentKey(TextProjection.Thing, id), TestContext.Current.CancellationToken));
            }
        }
        await using (var contents = EmbeddedContents.Open(after.Name, TimeProvider.System))
        {
            var exported = await contents
                .Documents(TestContext.Current.CancellationToken)
                .Select(pair => pair.Key.Id)
                .ToListAsync(TestContext.Current.CancellationToken);
            Assert.Equal(expected, exported.Order(StringComparer.Ordinal));
        }
        using var check = StoreCheck.Open(after.Name, TimeProvider.System);
        Assert.Empty(await check.Findings(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
    }

    private static string Id(int number) => $"{number:d3}";

    /// <summary>Leaves in the second folder what a power cut left of the store in the first.</summary>
    internal static async Task FillAndLoseTheArchive(string before, string after)
    {
        await using var store = EmbeddedStore.Open(before, Options, TimeProvider.System);
        await Task.WhenAll(
            Enumerable
                .Range(0, Documents)
                .Select(number =>
                    store
                        .Write(
                            new DocumentKey(TextProjection.Thing, Id(number)),
                            0,
                            TextProjection.Content("me", "ended", "p", 1000 + number)
                        )
                        .AsTask()
                )
        );
        await store.CatchUp(TestContext.Current.CancellationToken);
        foreach (
            var file in Directory.EnumerateFiles(before, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock")
        )
        {
            var copy = Path.Combine(after, Path.GetRelativePath(before, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        using var archive = File.Open(Path.Combine(after, DataDirectory.ArchiveFolder, Archive.FileName(1)), FileMode.Open);
        Assert.Equal(0, archive.Length % Documents);
        archive.SetLength(archive.Length / Documents * RecordsKept);
    }
}
