using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The trees of old roots that are in memory: those used last. Used within the turns of one activation.</summary>
internal sealed class StateViews
{
    /// <summary>Used last first.</summary>
    private readonly List<(StateRoot Root, Task<StateTree> Tree)> _views = [];

    public void Add(StateTree tree) => Add(tree.Root, Task.FromResult(tree));

    /// <summary>Readers that ask for the same root meanwhile wait for the same tree.</summary>
    public async ValueTask<StateTree> Get(StateRoot root, Func<Task<StateTree>> make)
    {
        var index = _views.FindIndex(view => view.Root == root);
        var tree = index >= 0 ? _views[index].Tree : make();
        Add(root, tree);
        try
        {
            return await tree;
        }
        catch
        {
            _views.RemoveAll(view => view.Tree == tree);
            throw;
        }
    }

    public bool Has(StateRoot root) => _views.Exists(view => view.Root == root);

    public void Clear() => _views.Clear();

    private void Add(StateRoot root, Task<StateTree> tree)
    {
        _views.RemoveAll(view => view.Root == root);
        _views.Insert(0, (root, tree));
        if (_views.Count > StatePolicy.ViewsMax)
        {
            _views.RemoveAt(_views.Count - 1);
        }
    }
}
