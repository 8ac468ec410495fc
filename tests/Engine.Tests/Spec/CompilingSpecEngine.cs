using Marketplace.Engine.Interpret;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>
/// The engine of the product, with its functions in machine code, interpreted, or both. Must be used on one guest thread.
/// </summary>
internal sealed class CompilingSpecEngine(Tiers tiers) : ISpecEngine
{
    private static readonly RunLimits Limits = new()
    {
        // No file needs a millionth of this; it ends an endless loop of a broken engine.
        FuelMax = 100_000_000_000,
        MemoryPagesMax = EnginePolicy.MemoryPagesMax,
    };

    private readonly Run _run = new(Limits, TimeProvider.System);
    private readonly Imports _imports = SpecTestModule.Create();

    public ISpecInstance Instantiate(byte[] module)
    {
        var compiled = CompiledModule.Compile(WasmModule.Decode(module, EngineLimits.Default), tiers);
        return new CompiledInstance(Instance.Instantiate(compiled, _imports, _run));
    }

    public void Register(string name, ISpecInstance instance) => _imports.AddExports(name, ((CompiledInstance)instance).Instance);

    private sealed record CompiledInstance(Instance Instance) : ISpecInstance
    {
        public Value[] Invoke(string export, Value[] arguments) => Instance.Invoke(export, arguments);

        public Value Global(string export) => ((Global)Instance.Export(export)!).Value;
    }
}
