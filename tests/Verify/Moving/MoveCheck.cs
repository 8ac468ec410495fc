using System.Diagnostics;
using Marketplace.Storage;
using Marketplace.Storage.Contracts;
using Marketplace.Testing;
using Marketplace.Tests;

namespace Marketplace.Verify.Moving;

/// <summary>
/// Moves a large node into a new one, and through PostgreSQL where that is installed; what arrives must have the same contents. Prints how
/// long each step takes and what it needs of memory.
/// </summary>
public static class MoveCheck
{
    private const string Kind = "thing";
    private const int DocumentBytes = 400;
    private const int EntriesPerStream = 100;

    /// <summary>Every broken invariant of a data folder's books, whatever silo wrote them.</summary>
    public static async Task<IReadOnlyList<string>> BookViolations(string data) => (await Books.Read(data)).Violations;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var documents = arguments.Number("documents", 100_000);
        var blobs = arguments.Number("blobs", 200);
        using var folder = new Marketplace.Storage.TemporaryFolder();
        var steps = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var found = new List<string>();
        var (data, back, file) = (Path.Combine(folder.Name, "data"), Path.Combine(folder.Name, "back"), Path.Combine(folder.Name, "file"));

        await Fill(data, documents, blobs);
        var wanted = await Time(steps, "export", () => Export(data, file));
        var bytes = new FileInfo(file).Length;
        if (PostgresServer.IsInstalled)
        {
            await using var server = await PostgresServer.Start(durable: true);
            var database = await server.CreateDatabase();
            var shared = Path.Combine(folder.Name, "shared");
            Compare(found, "PostgreSQL", wanted, await Time(steps, "import_postgres", () => Import(file, database, shared)));
            await Time(steps, "first_open_postgres", () => OpenDatabase(database));
            Compare(found, "its export", wanted, await Time(steps, "export_postgres", () => Export(database, shared, file)));
        }
        Compare(found, "the new folder", wanted, await Time(steps, "import", () => Import(file, back)));
        var listed = await Time(steps, "first_open", () => Open(back));
        if (listed != documents)
        {
            found.Add($"The read model of the new folder lists {listed} of {documents} documents.");
        }
        var line = new
        {
            Verify = "move",
            wanted.Documents,
            wanted.Entries,
            wanted.Blobs,
            FileBytes = bytes,
            Seconds = steps,
            PeakMemoryMb = Process.GetCurrentProcess().PeakWorkingSet64 >> 20,
            Violations = found.Count,
        };
        return new VerifyResult(line, found);
    }

    private static async Task Fill(string data, int documents, int blobs)
    {
        await using (var store = EmbeddedStore.Open(Path.Combine(data, "store"), Options, TimeProvider.System))
        {
            var summary = new string('s', DocumentBytes);
            foreach (var some in Enumerable.Range(0, documents).Chunk(1000))
            {
                // Half of them have ended, as most jobs of a node have.
                await Task.WhenAll(
                    some.Select(index =>
                        store
                            .Write(
                                new DocumentKey(Kind, $"{index:d9}"),
                                0,
                                TextProjection.Content("owner", index % 2 == 0 ? "ended" : "open", "label", index, summary)
                            )
                            .AsTask()
                    )
                );
            }
            var entries = Enumerable.Range(0, EntriesPerStream).Select(_ => new ReadOnlyMemory<byte>(new byte[100])).ToArray();
            foreach (var some in Enumerable.Range(0, documents / EntriesPerStream).Chunk(1000))
            {
                await Task.WhenAll(some.Select(index => store.Append($"stream/{index}", 0, entries).AsTask()));
            }
        }
        var kept = FileBlobStore.Open(Path.Combine(data, "blobs"), new FileBlobStoreOptions(), TimeProvider.System);
        for (var index = 0; index < blobs; index++)
        {
            var content = new byte[100_000];
            new Random(index).NextBytes(content);
            await kept.Put(new MemoryStream(content), content.Length);
        }
    }

    private static EmbeddedStoreOptions Options { get; } = new() { Projections = [new TextProjection(Kind)] };

    private static async Task<ContentsSummary> Export(string data, string file)
    {
        await using var contents = EmbeddedContents.Open(Path.Combine(data, "store"), TimeProvider.System);
        return await Export(contents, Path.Combine(data, "blobs"), file);
    }

    private static async Task<ContentsSummary> Export(string database, string blobs, string file)
    {
        await using var contents = await PostgresContents.Open(database);
        return await Export(contents, blobs, file);
    }

    private static async Task<ContentsSummary> Export(IStoreContents contents, string blobs, string file)
    {
        var source = new ExportSource(contents, FileBlobStore.OpenBeside(blobs, TimeProvider.System), "check", []);
        return await StoreExport.Write(file, overwrite: true, source, TimeProvider.System, null, CancellationToken.None);
    }

    private static async Task<ContentsSummary> Import(string file, string data)
    {
        await using var target = EmbeddedImport.Open(data, TimeProvider.System);
        return (await StoreImport.Run(file, target, null, CancellationToken.None)).Contents;
    }

    private static async Task<ContentsSummary> Import(string file, string database, string blobs)
    {
        await using var target = await PostgresImport.Open(database, blobs, keyFolder: null);
        return (await StoreImport.Run(file, target, null, CancellationToken.None)).Contents;
    }

    private static async Task<int> OpenDatabase(string database)
    {
        await using var store = await PostgresStore.Open(
            new PostgresStoreOptions { ConnectionString = database, Projections = Options.Projections },
            TimeProvider.System
        );
        return 0;
    }

    private static async Task<int> Open(string data)
    {
        await using var store = EmbeddedStore.Open(Path.Combine(data, "store"), Options, TimeProvider.System);
        await store.CatchUp();
        var listed = 0;
        for (var query = new ListingQuery(Kind, Limit: StoragePolicy.PageRowsMax); ; )
        {
            var page = await store.List(query);
            listed += page.Count;
            if (page.Count < query.Limit)
            {
                return listed;
            }
            query = query with { After = new ListingCursor(page[^1].At, page[^1].Id) };
        }
    }

    private static void Compare(List<string> found, string what, ContentsSummary wanted, ContentsSummary seen)
    {
        if (wanted != seen)
        {
            found.Add($"{what} has {seen}, expected {wanted}.");
        }
    }

    private static async Task<TResult> Time<TResult>(SortedDictionary<string, double> steps, string name, Func<Task<TResult>> step)
    {
        var clock = Stopwatch.StartNew();
        var result = await step();
        steps[name] = Math.Round(clock.Elapsed.TotalSeconds, 2);
        return result;
    }
}
