using System.Text;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine;

/// <summary>What a guest was stopped in.</summary>
public enum TrapPlace
{
    /// <summary>A function of the module, or one of the host that it imports.</summary>
    Function = 0,

    /// <summary>An active element segment that leaves its table, before anything of the guest ran.</summary>
    ElementSegment = 1,

    /// <summary>An active data segment that leaves the memory.</summary>
    DataSegment = 2,
}

/// <summary>Where a guest was when it trapped.</summary>
public sealed class TrapSite
{
    private readonly ModuleContent _content;

    internal TrapSite(ModuleContent content, TrapPlace place, int index)
    {
        _content = content;
        Place = place;
        Index = index;
    }

    public TrapPlace Place { get; }

    /// <summary>Of the function in its module, imports first; or of the segment among those of its kind.</summary>
    public int Index { get; }

    /// <summary>The trap comes from a function that the host offers, not from the guest's own code.</summary>
    public bool IsImport => Place == TrapPlace.Function && Index < _content.ImportedFunctions;

    /// <summary>
    /// Of an import what it is called there, <c>module.name</c>; of another function what the module's name section says, looked up when it
    /// is asked for; null where there is nothing. The module's author chose it: it is cut at
    /// <see cref="EnginePolicy.FunctionNameBytesMax"/> and has no control characters, but may claim anything.
    /// </summary>
    public string? Name =>
        IsImport ? NameOfImport()
        : Place == TrapPlace.Function ? NameSection.FunctionName(_content, Index)
        : null;

    public override string ToString()
    {
        var what = Place switch
        {
            TrapPlace.ElementSegment => $"element segment {Index}",
            TrapPlace.DataSegment => $"data segment {Index}",
            _ => IsImport ? $"imported function {Index}" : $"function {Index}",
        };
        return Name is { Length: > 0 } name ? $"{what} ({name})" : what;
    }

    private string NameOfImport()
    {
        var import = _content.Imports.Where(i => i.Kind == ExternalKind.Function).ElementAt(Index);
        return NameSection.Show(Encoding.UTF8.GetBytes($"{import.Module}.{import.Name}"));
    }
}
