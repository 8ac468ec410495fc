namespace Marketplace.Engine.Tests.Spec;

/// <summary>The engine of the product. Must be used on one guest thread.</summary>
public sealed class CompilingSpecEngine : ISpecEngine
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
        var compiled = CompiledModule.Compile(WasmModule.Decode(module, EngineLimits.Default));
        return new CompiledInstance(Instance.Instantiate(compiled, _imports, _run));
    }

    public void Register(string name, ISpecInstance instance) => _imports.AddExports(name, ((CompiledInstance)instance).Instance);

    private sealed record CompiledInstance(Instance Instance) : ISpecInstance
    {
        public Value[] Invoke(string export, Value[] arguments) => Instance.Invoke(export, arguments);

        public Value Global(string export) => ((Global)Instance.Export(export)!).Value;
    }
}
