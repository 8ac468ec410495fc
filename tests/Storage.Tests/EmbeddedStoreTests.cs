using Marketplace.Storage.Contracts;

namespace Marketplace.Storage;

public sealed class EmbeddedStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CountersUnderManyWriters_LoseNoIncrement_WhileTheFoldMovesThem()
    {
        const int Keys = 7,
            Writers = 6,
            Increments = 150;
        using var folder = new TemporaryFolder();
        var options = new EmbeddedStoreOptions
        {
            SegmentBytes = 1 << 14,
            FoldDelay = TimeSpan.Zero,
            Projections = [new TextProjection("counter")],
        };
        await using (var store = EmbeddedStore.Open(folder.Name, options, TimeProvider.System))
        {
            await Task.WhenAll(
                Enumerable.Range(0, Writers).Select(writer => Task.Run(() => Increment(store, writer, Increments, Keys), Cancel))
            );
        }

        await using (var reopened = EmbeddedStore.Open(folder.Name, options, TimeProvider.System))
        {
            long sum = 0;
            await foreach (var (_, document) in reopened.Scan("counter", Cancel))
            {
                sum += document.Version;
            }
            Assert.Equal(Writers * Increments, sum);
            await reopened.CatchUp(Cancel);
        }
        // Counted once the fold, which deletes segments after it has told that it caught up, has ended.
        Assert.True(Directory.GetFiles(Path.Combine(folder.Name, "journal")).Length <= 3);
        await using var listed = EmbeddedStore.Open(folder.Name, options, TimeProvider.System);
        Assert.Equal(Keys, (await listed.List(new ListingQuery("counter"), Cancel)).Count);
    }

    [Theory, InlineData(0, false), InlineData(long.MaxValue, true)]
    public async Task DiskBelowTheFloor_IsSaid_AndWritesGoOn(long floor, bool isShort)
    {
        using var folder = new TemporaryFolder();
        await using var store = EmbeddedStore.Open(folder.Name, new EmbeddedStoreOptions { FreeBytesMin = floor }, TimeProvider.System);

        Assert.Equal(isShort, store.Shortage is not null);
        if (store.Shortage is { } shortage)
        {
            Assert.InRange(shortage.Free, 1, shortage.Floor - 1);
        }
        Assert.Equal(1, await store.Write(new DocumentKey("k", "1"), 0, new byte[10]));
    }

    [Fact]
    public Task WritesThatWaitTogether_ShareOneFlush() =>
        ManualTime.Run(async time =>
        {
            await using var simulated = new SimulatedStore(
                time,
                1,
                new EmbeddedStoreOptions { FoldDelay = TimeSpan.FromMinutes(1) },
                new SimulatedDelays()
            );
            var store = simulated.Open();
            // The first batch also writes zeros ahead of itself.
            var first = store.Write(new DocumentKey("k", "first"), 0, new byte[10]);
            time.Advance(TimeSpan.FromMilliseconds(50));
            await first;
            var before = simulated.Disk.Operations;
            var writes = Enumerable
                .Range(0, 100)
                .Select(index => store.Write(new DocumentKey("k", $"{index}"), 0, new byte[10]).AsTask())
                .ToList();
            Assert.DoesNotContain(writes, write => write.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(50));
            Assert.All(writes, write => Assert.True(write.IsCompletedSuccessfully));
            Assert.Equal(2, simulated.Disk.Operations - before);
        });

    [Fact]
    public Task UndurableVersion_IsNotRead_AndItsRivalLosesAtOnce() =>
        ManualTime.Run(async time =>
        {
            await using var simulated = new SimulatedStore(time, 1, new EmbeddedStoreOptions(), new SimulatedDelays());
            var store = simulated.Open();
            var key = new DocumentKey("k", "a");
            var write = store.Write(key, 0, new byte[10]).AsTask();
            var rival = store.Write(key, 0, new byte[10]);
            Assert.True(rival.IsFaulted);
            await Assert.ThrowsAsync<VersionConflictException>(async () => await rival);
            Assert.Null(await store.Read(key, Cancel));
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(1, await write);
            Assert.Equal(1, (await store.Read(key, Cancel))!.Value.Version);
        });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task FailedWriteOrFlush_StopsTheStoreForGood_AndReadsGoOn(int operation) =>
        ManualTime.Run(async time =>
        {
            await using var simulated = new SimulatedStore(time, 1, new EmbeddedStoreOptions(), new SimulatedDelays());
            var store = simulated.Open();
            var first = store.Write(new DocumentKey("k", "a"), 0, new byte[10]).AsTask();
            time.Advance(TimeSpan.FromMilliseconds(50));
            Assert.Equal(1, await first);

            simulated.Disk.FailAt(simulated.Disk.Operations + operation, DiskFault.Failure);
            var second = store.Write(new DocumentKey("k", "a"), 1, new byte[10]).AsTask();
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Assert.ThrowsAsync<StoreStoppedException>(() => second);
            Assert.NotNull(store.Stopped);
            var operations = simulated.Disk.Operations;
            Assert.Throws<StoreStoppedException>(() =>
            {
                _ = store.Write(new DocumentKey("k", "b"), 0, new byte[10]);
            });
            await Assert.ThrowsAsync<StoreStoppedException>(async () => await store.CatchUp(Cancel));
            time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(operations, simulated.Disk.Operations);
            Assert.Equal(1, (await store.Read(new DocumentKey("k", "a"), Cancel))!.Value.Version);
            simulated.Crash();
        });

    [Fact]
    public Task WritersBeyondTheBoundOfMemory_WaitForTheFold() =>
        ManualTime.Run(async time =>
        {
            var options = new EmbeddedStoreOptions
            {
                UnfoldedBytesMax = 1 << 16,
                FoldDelay = TimeSpan.FromMinutes(1),
                SegmentBytes = 1 << 16,
            };
            await using var simulated = new SimulatedStore(time, 1, options, new SimulatedDelays { FoldStep = TimeSpan.FromMinutes(2) });
            var store = simulated.Open();
            var full = Enumerable
                .Range(0, 70)
                .Select(index => store.Write(new DocumentKey("k", $"{index}"), 0, new byte[1000]).AsTask())
                .ToList();
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.All(full, write => Assert.True(write.IsCompletedSuccessfully));
            var waiting = store.Write(new DocumentKey("k", "next"), 0, new byte[1000]).AsTask();
            var appending = store.Append("s", 0, [new byte[1000]]).AsTask();
            time.Advance(TimeSpan.FromSeconds(10));
            Assert.False(waiting.IsCompleted || appending.IsCompleted);
            time.Advance(TimeSpan.FromMinutes(5));
            Assert.Equal((1, 1), (await waiting, await appending));
        });

    [Fact]
    public async Task SameSeed_GivesTheSameBytes()
    {
        var first = await RunSeed(7);
        Assert.Equal(first, await RunSeed(7));
        Assert.NotEqual(first, await RunSeed(8));
    }

    [Fact]
    public async Task Check_FindsDamageInEachPart_AndOnlyBlobsWhileTheStoreIsOpen()
    {
        using var folder = new TemporaryFolder();
        var options = new EmbeddedStoreOptions { FoldDelay = TimeSpan.FromMinutes(1), Projections = [new TextProjection("k")] };
        await using (var store = EmbeddedStore.Open(folder.Name, options, TimeProvider.System))
        {
            for (var index = 0; index < 20; index++)
            {
                await store.Write(
                    new DocumentKey("k", $"{index}"),
                    0,
                    TextProjection.Content("me", index % 2 == 0 ? "ended" : "open", "p", index)
                );
            }
            await store.Append("s", 0, [new byte[100]]);
        }
        // The journal of the first life is deleted when it is folded; while it is there it excuses what the archive has lost.
        await using (var store = EmbeddedStore.Open(folder.Name, options, TimeProvider.System))
        {
            await store.CatchUp(Cancel);
            for (var index = 20; index < 30; index++)
            {
                await store.Write(new DocumentKey("k", $"{index}"), 0, new byte[100]);
            }
            Assert.Empty(await Findings(folder.Name, isWhole: false));
        }
        var blobs = FileBlobStore.Open(
            Path.Combine(folder.Name, "blobs"),
            new FileBlobStoreOptions { FreeBytesMin = 0 },
            TimeProvider.System
        );
        var blob = await blobs.Put(new MemoryStream(new byte[100]), 100, null, Cancel);
        Assert.Empty(await Findings(folder.Name, isWhole: true));

        await FlipAndCheck(folder.Name, Directory.GetFiles(Path.Combine(folder.Name, "journal")).Single(), 200);
        var archive = Directory.GetFiles(Path.Combine(folder.Name, "archive")).Single();
        await FlipAndCheck(folder.Name, archive, new FileInfo(archive).Length - 3);
        await FlipAndCheck(folder.Name, blobs.Files.Data(blob.Id), 50);
        File.WriteAllBytes(Path.Combine(folder.Name, "tables.db"), new byte[10_000]);
        Assert.NotEmpty(await Findings(folder.Name, isWhole: true));
    }

    [Fact]
    public void Filter_KnowsEveryKey_AndSeldomMistakesAnother()
    {
        var filter = new KeyFilter(0) { Complete = true };
        var random = new Random(3);
        var keys = Enumerable.Range(0, 300_000).Select(_ => random.NextInt64()).ToList();
        keys.ForEach(filter.Add);
        Assert.All(keys, key => Assert.True(filter.MayContain(key)));
        var mistakes = Enumerable.Range(0, 100_000).Count(_ => filter.MayContain(random.NextInt64()));
        Assert.True(mistakes < 1000, $"{mistakes} of 100,000 absent keys may be there.");
    }

    [Fact]
    public void Checksum_IsTheSameByTableAndByInstruction()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        var bytes = new byte[1000];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length < bytes.Length; length += 7)
        {
            Assert.Equal(~Crc32C.ByTable(~0u, bytes.AsSpan(0, length)), Crc32C.Of(bytes.AsSpan(0, length)));
        }
    }

    private static Task<string> RunSeed(int seed) =>
        ManualTime.Run(async time =>
        {
            await using var simulated = new SimulatedStore(time, seed, SimulatedUnderTest.Options, new SimulatedDelays());
            var random = new Random(seed);
            var trace = new List<string>();
            for (var life = 0; life < 3; life++)
            {
                var store = simulated.Open();
                for (var index = 0; index < 30; index++)
                {
                    var key = new DocumentKey("k", $"{random.Next(10)}");
                    var version = (await store.Read(key, Cancel))?.Version ?? 0;
                    _ = store
                        .Write(key, version, new byte[random.Next(500)])
                        .AsTask()
                        .ContinueWith(
                            write => trace.Add($"{time.Now.Ticks} {key} {write.Status}"),
                            TaskContinuationOptions.ExecuteSynchronously
                        );
                    time.Advance(TimeSpan.FromMilliseconds(random.Next(30)));
                }
                simulated.Crash();
            }
            trace.Add($"{simulated.Disk.Operations}");
            trace.AddRange(simulated.Disk.FilesOf("journal").Select(file => $"{file}"));
            return string.Join(Environment.NewLine, trace);
        });

    private static async Task Increment(EmbeddedStore store, int seed, int count, int keys)
    {
        var random = new Random(seed);
        while (count > 0)
        {
            var key = new DocumentKey("counter", $"{random.Next(keys)}");
            var read = await store.Read(key, Cancel);
            try
            {
                var state = random.Next(4) == 0 ? "ended" : "open";
                await store.Write(key, read?.Version ?? 0, TextProjection.Content("me", state, "p", 1, new string('x', random.Next(200))));
                count--;
            }
            catch (VersionConflictException)
            {
                // Another writer was first: read again.
            }
        }
    }

    private static async Task FlipAndCheck(string folder, string file, long offset)
    {
        Flip(file, offset);
        var findings = await Findings(folder, isWhole: true);
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.Equal(file, finding.File));
        Flip(file, offset);
        Assert.Empty(await Findings(folder, isWhole: true));
    }

    private static void Flip(string file, long offset)
    {
        using var stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = offset;
        var value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 1));
    }

    private static async Task<List<StoreFinding>> Findings(string folder, bool isWhole)
    {
        using var check = StoreCheck.Open(folder, TimeProvider.System);
        Assert.Equal(isWhole, check.IsWhole);
        return await check.Findings(Cancel).ToListAsync(Cancel);
    }
}
