using Marketplace.Storage.Contracts;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage.Moving;

/// <summary>
/// Making the read model moves documents that the journal does not have any more. The disk fails at each of its operations in turn; the
/// next start makes it again, and every document is there.
/// </summary>
public sealed class ReadModelCrashTests
{
    private const int Things = 40;

    private static readonly EmbeddedStoreOptions Unlisted = SimulatedUnderTest.Options with { Projections = [] };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="seeds">What a power cut leaves of what was not flushed is chance, so it is cut several times at each operation.</param>
    [Theory]
    [InlineData(DiskFault.PowerCut, 8)]
    [InlineData(DiskFault.Failure, 1)]
    [InlineData(DiskFault.Torn, 1)]
    [InlineData(DiskFault.DiskFull, 1)]
    public async Task ReadModelThatIsBrokenOffAnywhere_LosesNothing_AndIsMadeAgain(DiskFault fault, int seeds)
    {
        for (var seed = 1; seed <= seeds; seed++)
        {
            var points = 0;
            while (await ManualTime.Run(time => Break(time, seed, points + 1, fault)))
            {
                points++;
            }
            Assert.True(points > 10, $"Only {points} operations could fail.");
        }
    }

    /// <returns>False where there are fewer operations than that.</returns>
    private static async Task<bool> Break(ManualTime time, int seed, long operation, DiskFault fault)
    {
        using var disk = new SimulatedDisk(seed);
        await Fill(time, disk);
        disk.FailAt(disk.Operations + operation, fault);
        try
        {
            var (broken, driver) = Open(time, disk, SimulatedUnderTest.Options, makes: true);
            driver.Abandon();
            broken.Abandon();
        }
        catch (Exception failure) when (failure is IOException or SqliteException)
        {
            // The start failed; the mark is still there.
        }
        var hasFailed = disk.HasFailed;
        disk.FailAt(long.MaxValue, DiskFault.None);
        disk.Restart();

        var (store, last) = Open(time, disk, SimulatedUnderTest.Options, makes: true);
        for (var index = 0; index < Things; index++)
        {
            var document = await store.Read(new DocumentKey(TextProjection.Thing, $"{index}"), Cancel);
            Assert.True(document is { Version: 1 }, $"After a fault at operation {operation} the document {index} is lost.");
            Assert.True(document.Value.Content.Span.SequenceEqual(Content(index)));
        }
        var catchingUp = store.CatchUp(Cancel).AsTask();
        while (!catchingUp.IsCompleted && time.FireNext())
        {
            // Each timer may be the fold's.
        }
        await catchingUp;
        var rows = await store.List(new ListingQuery(TextProjection.Thing, Limit: StoragePolicy.PageRowsMax), Cancel);
        Assert.Equal(Enumerable.Range(0, Things).Reverse().Select(index => $"{index}"), rows.Select(row => row.Id));
        last.Abandon();
        store.Abandon();
        return hasFailed;
    }

    /// <summary>As an import leaves it: everything in the tables, nothing in the journal, and no rows of the read model.</summary>
    private static async Task Fill(ManualTime time, SimulatedDisk disk)
    {
        await Live(
            time,
            disk,
            async store =>
            {
                await Task.WhenAll(
                    Enumerable
                        .Range(0, Things)
                        .Select(index => store.Write(new DocumentKey(TextProjection.Thing, $"{index}"), 0, Content(index)).AsTask())
                );
                await store.CatchUp(Cancel);
            }
        );
        // Another life, which writes enough for the segments of the first one to go.
        await Live(
            time,
            disk,
            async store =>
            {
                for (var version = 0; version < 30; version++)
                {
                    await store.Write(new DocumentKey("other", "a"), version, new byte[500]);
                }
                await store.CatchUp(Cancel);
            }
        );
        Assert.InRange(disk.FilesOf("journal").Count, 0, 2);
    }

    private static async Task Live(ManualTime time, SimulatedDisk disk, Func<EmbeddedStore, Task> use)
    {
        var (store, _) = Open(time, disk, Unlisted, makes: false);
        var done = use(store);
        while (!done.IsCompleted && time.FireNext())
        {
            // Commits and folds are timers.
        }
        await done;
        // What the last fold left to be cleaned.
        time.Advance(TimeSpan.FromSeconds(1));
        await store.DisposeAsync();
    }

    private static (EmbeddedStore Store, SimulatedDriver Driver) Open(
        ManualTime time,
        SimulatedDisk disk,
        EmbeddedStoreOptions options,
        bool makes
    )
    {
        var driver = new SimulatedDriver(time, new Random(1), new SimulatedDelays());
        var store = EmbeddedStore.Open(
            disk.Open,
            options,
            driver,
            time,
            makes ? folded => Assert.True(folded.MakeReadModel(options.Projections)) : null
        );
        return (store, driver);
    }

    private static byte[] Content(int index) =>
        TextProjection.Content("me", index % 2 == 0 ? "ended" : "open", "label", index, new string('s', 300));
}
