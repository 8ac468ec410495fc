using Marketplace.Receipts;
using Marketplace.Storage.State;

namespace Marketplace.Storage.Contracts;

/// <summary>A program's state tree on a store's documents: stored, changed, read again by another process, pruned.</summary>
public abstract class StateStoreContract : IAsyncLifetime
{
    private const int Keys = 2000;

    private StoreUnderTest _store = null!;

    public async ValueTask InitializeAsync() => _store = await Make();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ValueTask<StoreUnderTest> Make();

    [Fact]
    public async Task Checkpoints_AreReadAfterAStart_AndOldOnesUntilTheyArePruned()
    {
        var model = new NaiveState();
        var state = await Load();
        var tree = state.Stored.Tree;
        var roots = new List<StateRoot>();
        for (var height = 1; height <= 3; height++)
        {
            var batch = Batch(height);
            model.Apply(batch);
            tree = await _store.Wait(tree.With(batch));
            await _store.Wait(state.Store.Save(tree, height, new byte[] { (byte)height }, [new KeptRoot(height, tree.Root, default)]));
            roots.Add(tree.Root);
            await _store.Reopen();
            state = await Load();
            (tree, var extra) = (state.Stored.Tree, state.Stored.Extra);
            Assert.Equal((model.Root(), height, height), (tree.Root, (int)state.Stored.Height, extra.Span[0]));
        }
        foreach (var (key, value) in model.Values.Take(50))
        {
            var proof = await _store.Wait(tree.Prove(key));
            Assert.Equal(value, StateProofs.Verify(tree.Root, key, proof).Value.ToArray());
        }
        Assert.Equal(model.Values.Count, (await _store.Wait(tree.Keys(default, null, int.MaxValue, long.MaxValue))).Keys.Length);
        Assert.Equal(roots[0], (await _store.Wait(state.Store.Open(state.Store.Checkpoints[1]))).Root);

        while (await _store.Wait(state.Store.Prune(3))) { }
        Assert.Equal(3, Assert.Single(state.Store.Checkpoints).Height);
        await _store.Wait(state.Store.Save(tree, 4, default, []));
        await _store.Reopen();
        Assert.Equal(roots[2], (await Load()).Stored.Tree.Root);
    }

    private async Task<(StateStore Store, StoredProgramState Stored)> Load()
    {
        var store = new StateStore(_store.Documents, "program", new StatePageCache());
        return (store, await _store.Wait(store.Load()));
    }

    private static StateWrite[] Batch(int height) =>
        [
            .. Enumerable
                .Range(0, height == 1 ? Keys : 60)
                .Select(number => StateTreeTests.Put($"key {number * (height == 1 ? 1 : 29)}", $"height {height}")),
        ];
}
