using Marketplace.Engine.Decode;

namespace Marketplace.Engine;

/// <summary>The function that a guest was in when it trapped.</summary>
public sealed class TrapSite
{
    private readonly ModuleContent _content;

    internal TrapSite(ModuleContent content, int function)
    {
        _content = content;
        Function = function;
    }

    /// <summary>Index in its module, imports first.</summary>
    public int Function { get; }

    /// <summary>
    /// By the module's name section, looked up when it is asked for; null where it has none. Whoever made the module chose it: it is cut
    /// at <see cref="EnginePolicy.FunctionNameBytesMax"/> and has no control characters, but may claim anything.
    /// </summary>
    public string? Name => NameSection.FunctionName(_content, Function);

    public override string ToString() => Name is { Length: > 0 } name ? $"function {Function} ({name})" : $"function {Function}";
}
