namespace Marketplace.Engine.Tests.Spec;

/// <summary>The host module that the official suite imports from, by its interpreter's documentation.</summary>
internal static class SpecTestModule
{
    private const string Module = "spectest";

    public static Imports Create()
    {
        var imports = new Imports();
        imports.Add(Module, "print", (Action<Instance>)(static _ => { }));
        imports.Add(Module, "print_i32", (Action<Instance, int>)(static (_, _) => { }));
        imports.Add(Module, "print_i64", (Action<Instance, long>)(static (_, _) => { }));
        imports.Add(Module, "print_f32", (Action<Instance, float>)(static (_, _) => { }));
        imports.Add(Module, "print_f64", (Action<Instance, double>)(static (_, _) => { }));
        imports.Add(Module, "print_i32_f32", (Action<Instance, int, float>)(static (_, _, _) => { }));
        imports.Add(Module, "print_f64_f64", (Action<Instance, double, double>)(static (_, _, _) => { }));
        AddGlobal(imports, "global_i32", Value.FromI32(666));
        AddGlobal(imports, "global_i64", Value.FromI64(666));
        AddGlobal(imports, "global_f32", Value.FromF32(666.6f));
        AddGlobal(imports, "global_f64", Value.FromF64(666.6));
        imports.Add(Module, "table", new Table(new TableType(WasmType.FuncRef, new SizeLimits(10, 20)), 20));
        imports.Add(Module, "memory", new LinearMemory(new MemoryType(new SizeLimits(1, 2)), 2));
        imports.Add(Module, "shared_memory", new LinearMemory(new MemoryType(new SizeLimits(1, 2), Shared: true), 2));
        return imports;
    }

    private static void AddGlobal(Imports imports, string name, Value value) =>
        imports.Add(Module, name, new Global(new GlobalType(value.Type, Mutable: false), value));
}
