using Marketplace.Engine.Decode;

namespace Marketplace.Engine;

/// <summary>A decoded and validated module: what it imports, exports and contains. Immutable and free to share.</summary>
public sealed class WasmModule
{
    internal WasmModule(ModuleContent content)
    {
        Content = content;
        Imports = content.Imports;
        Exports = content.Exports;
        ExportsByName = content.Exports.ToDictionary(e => e.Name);
    }

    /// <summary>In the module's order.</summary>
    public IReadOnlyList<ModuleImport> Imports { get; }

    /// <summary>In the module's order.</summary>
    public IReadOnlyList<ModuleExport> Exports { get; }

    /// <summary>Names are unique.</summary>
    public IReadOnlyDictionary<string, ModuleExport> ExportsByName { get; }

    internal ModuleContent Content { get; }

    /// <summary>
    /// Decodes and validates. Time and memory are linear in <paramref name="bytes"/>, which must not change while the module is
    /// in use: function bodies are read again when they are compiled.
    /// </summary>
    /// <exception cref="InvalidModuleException">The only one, whatever the bytes.</exception>
    public static WasmModule Decode(ReadOnlyMemory<byte> bytes, EngineLimits limits) => new(ModuleDecoder.Decode(bytes, limits));
}
