using System.Text;
using Marketplace.Engine.Interpret;

namespace Marketplace.Engine.Tests.Building;

/// <summary>A module that a test makes up: sections in the order of the binary format, nothing checked.</summary>
public sealed class TestModule
{
    private readonly List<byte[]> _types = [];
    private readonly List<byte[]> _imports = [];
    private readonly List<byte[]> _functions = [];
    private readonly List<byte[]> _tables = [];
    private readonly List<byte[]> _memories = [];
    private readonly List<byte[]> _globals = [];
    private readonly List<byte[]> _exports = [];
    private readonly List<byte[]> _elements = [];
    private readonly List<byte[]> _bodies = [];
    private readonly List<byte[]> _data = [];
    private readonly List<byte[]> _custom = [];
    private int? _start;
    private int _importedFunctions;

    /// <returns>Its index.</returns>
    public int Type(WasmType[] parameters, WasmType[] results)
    {
        var code = new Code().Raw(0x60).U32((uint)parameters.Length).Raw([.. parameters.Select(t => (byte)t)]);
        _types.Add(code.U32((uint)results.Length).Raw([.. results.Select(t => (byte)t)]).ToArray());
        return _types.Count - 1;
    }

    /// <returns>Its index.</returns>
    public int ImportFunction(string module, string name, int type)
    {
        _imports.Add(Name(new Code(), module).Raw(Name(new Code(), name).ToArray()).Raw(0).U32((uint)type).ToArray());
        return _importedFunctions++;
    }

    public TestModule ImportMemory(string module, string name, bool shared)
    {
        var flags = (byte)(shared ? 3 : 1);
        _imports.Add(Name(new Code(), module).Raw(Name(new Code(), name).ToArray()).Raw(2, flags, 1, 2).ToArray());
        return this;
    }

    public TestModule ImportTable(string module, string name, uint min)
    {
        _imports.Add([
            .. Name(new Code(), module).Raw(Name(new Code(), name).ToArray()).Raw(1).ToArray(),
            .. Limits(new Code().Raw(0x70), min, null),
        ]);
        return this;
    }

    public TestModule ImportGlobal(string module, string name, WasmType type)
    {
        _imports.Add(Name(new Code(), module).Raw(Name(new Code(), name).ToArray()).Raw(3, (byte)type, 0).ToArray());
        return this;
    }

    /// <summary>A function with the end that closes it; exported where it has a name.</summary>
    /// <returns>Its index.</returns>
    public int Function(int type, string? export, Code code, params ReadOnlySpan<(int Count, WasmType Type)> locals)
    {
        _functions.Add(new Code().U32((uint)type).ToArray());
        var body = new Code().U32((uint)locals.Length);
        foreach (var (count, local) in locals)
        {
            body.U32((uint)count).Raw((byte)local);
        }

        var bytes = body.Raw(code.ToArray()).Raw(0x0B).ToArray();
        _bodies.Add(new Code().U32((uint)bytes.Length).Raw(bytes).ToArray());
        var index = _importedFunctions + _functions.Count - 1;
        if (export is not null)
        {
            Export(export, 0, index);
        }

        return index;
    }

    public TestModule Table(uint min, uint? max = null)
    {
        _tables.Add(Limits(new Code().Raw(0x70), min, max));
        return this;
    }

    public TestModule SharedMemory(uint min, uint max)
    {
        _memories.Add(new Code().Raw(3).U32(min).U32(max).ToArray());
        return this;
    }

    public TestModule Memory(uint min, uint? max = null)
    {
        _memories.Add(Limits(new Code(), min, max));
        return this;
    }

    public TestModule Global(WasmType type, bool mutable, Code value)
    {
        _globals.Add(new Code().Raw((byte)type, mutable ? (byte)1 : (byte)0).Raw(value.ToArray()).Raw(0x0B).ToArray());
        return this;
    }

    /// <summary>Functions from element 0 of table 0 on.</summary>
    public TestModule Elements(params ReadOnlySpan<int> indices)
    {
        var code = new Code().U32(0).I32Const(0).End().U32((uint)indices.Length);
        foreach (var index in indices)
        {
            code.U32((uint)index);
        }

        _elements.Add(code.ToArray());
        return this;
    }

    /// <summary>Bytes from an address of memory 0 on.</summary>
    public TestModule Data(int address, params ReadOnlySpan<byte> bytes)
    {
        _data.Add(new Code().U32(0).I32Const(address).End().U32((uint)bytes.Length).Raw(bytes).ToArray());
        return this;
    }

    /// <summary>Functions that table.init copies.</summary>
    public TestModule PassiveElements(params ReadOnlySpan<int> indices)
    {
        var code = new Code().Raw(1, 0).U32((uint)indices.Length);
        foreach (var index in indices)
        {
            code.U32((uint)index);
        }

        _elements.Add(code.ToArray());
        return this;
    }

    /// <summary>Bytes that memory.init copies.</summary>
    public TestModule PassiveData(params ReadOnlySpan<byte> bytes)
    {
        _data.Add(new Code().U32(1).U32((uint)bytes.Length).Raw(bytes).ToArray());
        return this;
    }

    public TestModule Start(int function)
    {
        _start = function;
        return this;
    }

    public TestModule Export(string name, byte kind, int index)
    {
        _exports.Add(Name(new Code(), name).Raw(kind).U32((uint)index).ToArray());
        return this;
    }

    /// <summary>Puts a custom section behind all others.</summary>
    public TestModule Custom(string name, params ReadOnlySpan<byte> content)
    {
        _custom.Add(Name(new Code(), name).Raw(content).ToArray());
        return this;
    }

    /// <summary>A name section with names of functions.</summary>
    public TestModule FunctionNames(params ReadOnlySpan<(int Function, byte[] Name)> names)
    {
        var list = new Code().U32((uint)names.Length);
        foreach (var (function, name) in names)
        {
            list.U32((uint)function).U32((uint)name.Length).Raw(name);
        }

        // The module's own name first, which nobody reads.
        var bytes = list.ToArray();
        return Custom("name", new Code().Raw(0, 2, 1, (byte)'m', 1).U32((uint)bytes.Length).Raw(bytes).ToArray());
    }

    public byte[] ToBytes()
    {
        var code = new Code().Raw(0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0);
        Section(code, 1, _types);
        Section(code, 2, _imports);
        Section(code, 3, _functions);
        Section(code, 4, _tables);
        Section(code, 5, _memories);
        Section(code, 6, _globals);
        Section(code, 7, _exports);
        if (_start is { } index)
        {
            var bytes = new Code().U32((uint)index).ToArray();
            code.Raw(8).U32((uint)bytes.Length).Raw(bytes);
        }

        Section(code, 9, _elements);
        if (_data.Count > 0)
        {
            // Instructions on data segments want their number before the code.
            var count = new Code().U32((uint)_data.Count).ToArray();
            code.Raw(12).U32((uint)count.Length).Raw(count);
        }

        Section(code, 10, _bodies);
        Section(code, 11, _data);
        foreach (var bytes in _custom)
        {
            code.Raw(0).U32((uint)bytes.Length).Raw(bytes);
        }

        return code.ToArray();
    }

    /// <summary>With all functions in machine code.</summary>
    public CompiledModule Compile() => Compile(Tiers.CompiledOnly);

    internal CompiledModule Compile(Tiers tiers) => CompiledModule.Compile(WasmModule.Decode(ToBytes(), EngineLimits.Default), tiers);

    private static Code Name(Code code, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        return code.U32((uint)bytes.Length).Raw(bytes);
    }

    private static byte[] Limits(Code code, uint min, uint? max)
    {
        code.Raw(max is null ? (byte)0 : (byte)1).U32(min);
        return (max is { } value ? code.U32(value) : code).ToArray();
    }

    private static void Section(Code code, byte id, List<byte[]> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        var content = new Code().U32((uint)items.Count);
        foreach (var item in items)
        {
            content.Raw(item);
        }

        var bytes = content.ToArray();
        code.Raw(id).U32((uint)bytes.Length).Raw(bytes);
    }
}
