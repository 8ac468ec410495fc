using Marketplace.Engine;
using Marketplace.Engine.Decode;
using Marketplace.Reference.Execution;

namespace Marketplace.Reference;

/// <summary>A valid module with its code split into steps.</summary>
public sealed class ReferenceModule
{
    private readonly Body?[] _bodies;

    private ReferenceModule(WasmModule module)
    {
        Module = module;
        _bodies = new Body?[Content.Bodies.Count];
    }

    public WasmModule Module { get; }

    internal ModuleContent Content => Module.Content;

    /// <summary>Decodes and validates as the engine does: the official suite tests these two layers through it.</summary>
    /// <exception cref="InvalidModuleException">Whatever is wrong with the bytes.</exception>
    public static ReferenceModule Decode(ReadOnlyMemory<byte> bytes, EngineLimits limits) => new(WasmModule.Decode(bytes, limits));

    internal Body BodyOf(int function)
    {
        var index = function - Content.ImportedFunctions;
        return _bodies[index] ??= BodyReader.Read(Content, Content.TypeOfFunction(function), Content.Bodies[index]);
    }
}
