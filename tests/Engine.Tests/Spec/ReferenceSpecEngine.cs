using Marketplace.Reference;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>The reference interpreter, which must be right for a comparison with it to mean anything.</summary>
public sealed class ReferenceSpecEngine : ISpecEngine
{
    private readonly ReferenceRun _run = new(
        new ReferenceLimits
        {
            FuelMax = long.MaxValue,
            MemoryPagesMax = EnginePolicy.MemoryPagesMax,
            TableElementsMax = EnginePolicy.TableElementsMax,
            StackSlotsMax = EnginePolicy.StackSlotsMax,
        }
    );

    private readonly ReferenceImports _imports = TestModule();

    public ISpecInstance Instantiate(byte[] module) =>
        new Interpreted(ReferenceInstance.Instantiate(ReferenceModule.Decode(module, EngineLimits.Default), _imports, _run));

    public void Register(string name, ISpecInstance instance) => _imports.AddExports(name, ((Interpreted)instance).Instance);

    /// <summary>The same host module as <see cref="SpecTestModule"/>.</summary>
    private static ReferenceImports TestModule()
    {
        const string Module = "spectest";
        var imports = new ReferenceImports()
            .Add(Module, "table", new ReferenceTable(new TableType(WasmType.FuncRef, new SizeLimits(10, 20)), 20))
            .Add(Module, "memory", new ReferenceMemory(new MemoryType(new SizeLimits(1, 2)), 2))
            .Add(Module, "shared_memory", new ReferenceMemory(new MemoryType(new SizeLimits(1, 2), Shared: true), 2));
        foreach (
            var (name, types) in new (string, WasmType[])[]
            {
                ("print", []),
                ("print_i32", [WasmType.I32]),
                ("print_i64", [WasmType.I64]),
                ("print_f32", [WasmType.F32]),
                ("print_f64", [WasmType.F64]),
                ("print_i32_f32", [WasmType.I32, WasmType.F32]),
                ("print_f64_f64", [WasmType.F64, WasmType.F64]),
            }
        )
        {
            imports.Add(Module, name, new ReferenceHostFunction(new FunctionType([.. types], []), static (_, _) => []));
        }

        foreach (var value in new[] { Value.FromI32(666), Value.FromI64(666), Value.FromF32(666.6f), Value.FromF64(666.6) })
        {
            var type = new GlobalType(value.Type, Mutable: false);
            imports.Add(Module, "global_" + value.Type.Text(), new ReferenceGlobal(type, Convert(value)));
        }

        return imports;
    }

    private static ReferenceValue Convert(Value value) =>
        new(value.Type, new UInt128((ulong)value.HighBits, (ulong)value.Bits), value.Reference);

    private static Value Convert(ReferenceValue value) =>
        Value.FromSlot(value.Type, (long)(ulong)value.Bits, value.Reference, (long)(ulong)(value.Bits >> 64));

    private sealed record Interpreted(ReferenceInstance Instance) : ISpecInstance
    {
        public Value[] Invoke(string export, Value[] arguments) =>
            [.. Instance.Invoke(export, [.. arguments.Select(Convert)]).Select(Convert)];

        public Value Global(string export) => Convert(((ReferenceGlobal)Instance.Export(export)).Value);
    }
}
