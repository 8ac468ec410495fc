namespace Marketplace.Engine;

/// <summary>
/// What a host offers to modules, by module and name. Fill it once and share it between runs: looking up does not change it.
/// </summary>
public sealed class Imports
{
    private readonly Dictionary<(string Module, string Name), External> _offered = [];

    /// <summary>Offers <paramref name="external"/>; a later offer of the same name replaces the earlier one.</summary>
    public Imports Add(string module, string name, External external)
    {
        _offered[(module, name)] = external;
        return this;
    }

    /// <summary>Offers a typed host function; see <see cref="HostFunction.Create(Delegate)"/>.</summary>
    public Imports Add(string module, string name, Delegate target) => Add(module, name, HostFunction.Create(target));

    /// <summary>Offers every export of <paramref name="instance"/> under <paramref name="module"/>.</summary>
    public Imports AddExports(string module, Instance instance)
    {
        foreach (var export in instance.Module.Exports)
        {
            Add(module, export.Name, instance.Export(export.Name)!);
        }

        return this;
    }

    public External? Find(string module, string name) => _offered.GetValueOrDefault((module, name));
}
