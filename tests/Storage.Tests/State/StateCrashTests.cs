using System.Text;

namespace Marketplace.Storage.State;

/// <summary>
/// A checkpoint that ends at any point leaves the one before or the new one, whole; the next one goes on from there, and nothing that no
/// checkpoint needs is left over.
/// </summary>
public sealed class StateCrashTests
{
    private const int Keys = 700;

    [Theory]
    [InlineData(WriteEnd.Lost)]
    [InlineData(WriteEnd.DoneUnconfirmed)]
    public async Task ProcessThatEndsAtAnyWrite_FindsAWholeCheckpoint(WriteEnd end)
    {
        var points = 0;
        for (var point = 0; ; point += Step(point))
        {
            var documents = new PlainDocuments { OnWrite = number => number == point ? end : WriteEnd.Done };
            var trees = new List<StateRoot> { default };
            var failed = await Write(documents, trees);
            documents.OnWrite = _ => WriteEnd.Done;
            var store = new StateStore(documents, "program", new StatePageCache());
            var found = await store.Load();
            Assert.Equal(trees[(int)found.Height], found.Tree.Root);
            await IsWhole(found.Tree, found.Height);
            if (!failed)
            {
                break;
            }
            points++;
            await GoOn(documents, store, found);
        }
        Assert.True(points > 15, $"only {points} points");
    }

    [Fact]
    public async Task WriteThatFails_IsMadeUpForByTheNextCheckpointOfTheSameActivation()
    {
        for (var point = 0; ; point += Step(point))
        {
            var end = point % 2 == 0 ? WriteEnd.Lost : WriteEnd.DoneUnconfirmed;
            var documents = new PlainDocuments { OnWrite = number => number == point ? end : WriteEnd.Done };
            var store = new StateStore(documents, "program", new StatePageCache());
            var tree = (await store.Load()).Tree;
            var failures = 0;
            for (var height = 1; height <= 4; height++)
            {
                tree = await tree.With(Batch(height));
                try
                {
                    await store.Save(tree, height, default, []);
                }
                catch (IOException)
                {
                    failures++;
                }
            }
            documents.OnWrite = _ => WriteEnd.Done;
            await store.Save(tree, 4, default, []);
            var found = await new StateStore(documents, "program", new StatePageCache()).Load();
            Assert.Equal(tree.Root, found.Tree.Root);
            await IsWhole(found.Tree, 4);
            await NothingIsLeftOver(documents, store, tree, 5);
            if (failures == 0)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task ProcessThatEndsWhileItPrunes_PrunesAgain()
    {
        for (var point = 0; ; point += Step(point))
        {
            var documents = new PlainDocuments();
            await Write(documents, []);
            var store = new StateStore(documents, "program", new StatePageCache());
            var found = await store.Load();
            var first = documents.Writes;
            documents.OnWrite = number => number == first + point ? WriteEnd.Lost : WriteEnd.Done;
            var failed = false;
            try
            {
                while (await store.Prune(found.Height)) { }
            }
            catch (IOException)
            {
                failed = true;
            }
            documents.OnWrite = _ => WriteEnd.Done;
            store = new StateStore(documents, "program", new StatePageCache());
            found = await store.Load();
            await IsWhole(found.Tree, found.Height);
            await GoOn(documents, store, found);
            if (!failed)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task ActivationThatLost_WritesNoCheckpoint_AndTheOtherOnesStands()
    {
        var documents = new PlainDocuments();
        var (loser, winner) = (
            new StateStore(documents, "program", new StatePageCache()),
            new StateStore(documents, "program", new StatePageCache())
        );
        var (losing, winning) = ((await loser.Load()).Tree, (await winner.Load()).Tree);
        losing = await losing.With(Batch(1));
        winning = await winning.With(Batch(1));
        await winner.Save(winning, 1, default, []);
        await Assert.ThrowsAsync<VersionConflictException>(async () => await loser.Save(losing, 1, default, []));
        await Assert.ThrowsAsync<VersionConflictException>(async () => await loser.Save(losing, 1, default, []));

        var found = await loser.Load();
        await IsWhole(found.Tree, 1);
        await loser.Save(await found.Tree.With(Batch(2)), 2, default, []);
        await IsWhole((await new StateStore(documents, "program", new StatePageCache()).Load()).Tree, 2);
    }

    /// <summary>
    /// One activation looks at the head while another one writes a checkpoint, at any of its writes, and goes on after its end.
    /// </summary>
    [Fact]
    public async Task ActivationThatCameDuringACheckpoint_RemovesNothingOfIt()
    {
        for (var point = 0; point < 40; point++)
        {
            var documents = new PlainDocuments();
            var first = new StateStore(documents, "program", new StatePageCache());
            var tree = await (await first.Load()).Tree.With(Batch(1));
            await first.Save(tree, 1, default, []);
            var second = new StateStore(documents, "program", new StatePageCache());
            var found = new StoredProgramState(second.Empty, 0, default, null, []);
            var start = documents.Writes;
            documents.OnWrite = number =>
            {
                if (number == start + point)
                {
                    found = second.Load().AsTask().GetAwaiter().GetResult();
                }
                return WriteEnd.Done;
            };
            await first.Save(await tree.With(Batch(2)), 2, default, []);
            if (found.Height == 0)
            {
                Assert.True(point > 5, $"only {point} writes");
                return;
            }
            await Assert.ThrowsAsync<VersionConflictException>(async () => await second.Save(found.Tree, found.Height, default, []));
            await IsWhole((await second.Load()).Tree, 2);
            await GoOn(documents, second, await second.Load());
        }
    }

    [Fact]
    public async Task StateThatWasMovedToAnotherStore_GoesOn()
    {
        var documents = new PlainDocuments();
        await Write(documents, []);
        for (var move = 0; move < 4; move++)
        {
            documents = documents.Moved();
            var store = new StateStore(documents, "program", new StatePageCache());
            var found = await store.Load();
            await IsWhole(found.Tree, found.Height);
            await GoOn(documents, store, found);
        }
    }

    /// <summary>The real store on a simulated disk: the power goes while a checkpoint is written.</summary>
    [Fact]
    public async Task PowerCutDuringACheckpoint_LeavesAWholeOne()
    {
        var (old, young) = (0, 0);
        for (var steps = 1; young < 3; steps += 1 + (steps / 6))
        {
            var time = new ManualTime();
            await using var simulated = new SimulatedStore(time, steps, new EmbeddedStoreOptions(), new SimulatedDelays());
            var store = new StateStore(simulated.Open(), "program", new StatePageCache());
            var tree = await (await Drive(time, store.Load().AsTask())).Tree.With(Batch(1));
            await Drive(time, Done(store.Save(tree, 1, default, [])));
            var saving = store.Save(await tree.With(Batch(2)), 2, default, []).AsTask();
            for (var step = 0; step < steps && !saving.IsCompleted && time.FireNext(); step++) { }
            simulated.Crash();

            var again = new StateStore(simulated.Open(), "program", new StatePageCache());
            var found = await Drive(time, again.Load().AsTask());
            await IsWhole(found.Tree, found.Height);
            Assert.True(found.Height == 2 || !saving.IsCompleted, "a checkpoint that was acknowledged is lost");
            (old, young) = found.Height == 1 ? (old + 1, young) : (old, young + 1);
            await Drive(time, Done(again.Save(await found.Tree.With(Batch(2)), 2, default, [])));
            await IsWhole((await Drive(time, again.Load().AsTask())).Tree, 2);
        }
        Assert.True(old > 3, $"only {old} power cuts came before the end of the checkpoint");
    }

    /// <summary>Every point at the beginning, and then every so many: pages are written in waves that are alike.</summary>
    private static int Step(int point) => point < 12 ? 1 : 7;

    private static async Task<bool> Done(ValueTask task)
    {
        await task;
        return true;
    }

    private static async Task<TResult> Drive<TResult>(ManualTime time, Task<TResult> task)
    {
        while (!task.IsCompleted && time.FireNext()) { }
        return await task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <returns>Whether a write failed; the process ends there.</returns>
    private static async Task<bool> Write(PlainDocuments documents, List<StateRoot> roots)
    {
        var store = new StateStore(documents, "program", new StatePageCache());
        var tree = (await store.Load()).Tree;
        var failed = false;
        for (var height = 1; height <= 4; height++)
        {
            tree = await tree.With(Batch(height));
            roots.Add(tree.Root);
            try
            {
                failed = failed || !await Saved(store, tree, height);
            }
            catch (IOException)
            {
                failed = true;
            }
        }
        return failed;
    }

    private static async Task<bool> Saved(StateStore store, StateTree tree, int height)
    {
        await store.Save(tree, height, default, []);
        return true;
    }

    private static async Task GoOn(PlainDocuments documents, StateStore store, StoredProgramState found)
    {
        var tree = await found.Tree.With(Batch((int)found.Height + 1));
        await store.Save(tree, found.Height + 1, default, []);
        await IsWhole((await new StateStore(documents, "program", new StatePageCache()).Load()).Tree, found.Height + 1);
        await NothingIsLeftOver(documents, store, tree, found.Height + 1);
    }

    private static async Task NothingIsLeftOver(PlainDocuments documents, StateStore store, StateTree tree, long height)
    {
        while (await store.Prune(height)) { }
        await store.Save(tree, height, default, []);
        while (await store.Prune(height)) { }
        var newest = store.Checkpoints[^1];
        var wanted = 1 + StateRun.CountPages(tree.Top) + tree.Index.Pages.Count + newest.DirectoryParts + newest.ReplacedParts;
        Assert.Equal(wanted, documents.Ids.Count());
    }

    /// <summary>Each height writes some keys anew, and a key of its own.</summary>
    private static StateWrite[] Batch(int height) =>
        [
            .. Enumerable
                .Range(0, height == 1 ? Keys : 40)
                .Select(number => StateTreeTests.Put($"key {number * (height == 1 ? 1 : 31)}", $"height {height}")),
            StateTreeTests.Put($"height {height}", ""),
        ];

    private static async Task IsWhole(StateTree tree, long height)
    {
        var model = new NaiveState();
        for (var each = 1; each <= height; each++)
        {
            model.Apply(Batch(each));
        }
        Assert.Equal(model.Root(), tree.Root);
        foreach (var (key, value) in model.Values)
        {
            Assert.Equal(Encoding.UTF8.GetString(value), Encoding.UTF8.GetString((await tree.Find(key))!.Value.Span));
        }
        Assert.Equal(model.Values.Count, (await tree.Keys(default, null, int.MaxValue, long.MaxValue)).Keys.Length);
    }
}
