using Marketplace.Engine;

namespace Marketplace.Reference;

/// <summary>
/// What is offered to modules, by module and name: a <see cref="ReferenceHostFunction"/>, <see cref="ReferenceFunction"/>,
/// <see cref="ReferenceTable"/>, <see cref="ReferenceMemory"/> or <see cref="ReferenceGlobal"/>.
/// </summary>
public sealed class ReferenceImports
{
    private readonly Dictionary<(string Module, string Name), object> _offered = [];

    public ReferenceImports Add(string module, string name, object external)
    {
        _offered[(module, name)] = external;
        return this;
    }

    public ReferenceImports AddExports(string module, ReferenceInstance instance)
    {
        foreach (var export in instance.Module.Module.Exports)
        {
            Add(module, export.Name, instance.Export(export.Name));
        }

        return this;
    }

    /// <summary>What satisfies an import (core specification, 3.4.6 and 4.5.3).</summary>
    /// <exception cref="LinkException">Nothing does.</exception>
    internal object Find(ModuleImport import)
    {
        if (!_offered.TryGetValue((import.Module, import.Name), out var external))
        {
            throw new LinkException(LinkFault.UnknownImport, $"unknown import: {import.Module}.{import.Name}");
        }

        var fits = (external, import.Type) switch
        {
            (ReferenceHostFunction have, FunctionType want) => have.Type.Equals(want),
            (ReferenceFunction have, FunctionType want) => have.Type.Equals(want),
            (ReferenceTable have, TableType want) => have.Type.Element == want.Element && Fits(have.Type.Limits, want.Limits),
            (ReferenceMemory have, MemoryType want) => have.Type.Shared == want.Shared && Fits(have.Type.Limits, want.Limits),
            (ReferenceGlobal have, GlobalType want) => have.Type == want,
            _ => false,
        };
        return fits
            ? external
            : throw new LinkException(LinkFault.IncompatibleImport, $"incompatible import type: {import.Module}.{import.Name}");
    }

    private static bool Fits(SizeLimits have, SizeLimits want) =>
        have.Min >= want.Min && (want.Max is null || (have.Max is not null && have.Max <= want.Max));
}
