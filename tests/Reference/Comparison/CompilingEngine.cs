using System.Text;
using Marketplace.Engine;
using Marketplace.Engine.Interpret;
using Marketplace.Reference.Generation;

namespace Marketplace.Reference.Comparison;

/// <summary>The engine of the product, with its functions in machine code, interpreted, or both.</summary>
internal sealed class CompilingEngine(GeneratedModule module, Tiers tiers) : IEngineUnderTest
{
    private readonly CompiledModule _compiled = CompiledModule.Compile(WasmModule.Decode(module.Bytes, EngineLimits.Default), tiers);
    private HostFunctions _host = new();
    private Instance? _instance;
    private Run _run = null!;

    public CallOutcome Begin()
    {
        _instance?.Dispose();
        _instance = null;
        _host = new HostFunctions();
        _run = new Run(
            new RunLimits
            {
                FuelMax = module.FuelMax,
                MemoryPagesMax = GeneratedModule.MemoryPagesMax,
                TableElementsMax = GeneratedModule.TablesElementsMax,
                StackSlotsMax = module.StackSlotsMax,
            },
            TimeProvider.System
        );
        return Ending.Of(
            "start",
            () =>
            {
                _instance = Instance.Instantiate(_compiled, _host.ForEngine(), _run);
                return "";
            },
            With
        );
    }

    public CallOutcome Call(GeneratedCall call) =>
        Ending.Of(
            call.Export,
            () =>
            {
                var arguments = call
                    .Arguments.Select(argument =>
                        Value.FromSlot(argument.Type, (long)(ulong)argument.Bits, argument.Reference, (long)(ulong)(argument.Bits >> 64))
                    )
                    .ToArray();
                return string.Join(' ', _instance!.Invoke(call.Export, arguments).Select(Text));
            },
            With
        );

    public State State()
    {
        if (_instance is null)
        {
            return new State([], "");
        }

        var values = new StringBuilder();
        foreach (var export in _instance.Module.Exports)
        {
            switch (_instance.Export(export.Name))
            {
                case Global global:
                    values.Append($"{export.Name}={Text(global.Value)}\n");
                    break;
                case Table table:
                    var elements = Enumerable.Range(0, table.Count).Select(i => Ending.Text(table.Element, 0, table[i]));
                    values.Append($"{export.Name}=[{string.Join(' ', elements)}]\n");
                    break;
            }
        }

        var memory = _instance.Memory0;
        return new State(memory is null ? [] : memory.Span(0, (int)memory.Length).ToArray(), values.ToString());
    }

    public void Dispose() => _instance?.Dispose();

    private CallOutcome With(CallOutcome outcome) =>
        outcome with
        {
            Fuel = _run.FuelUsed,
            Trace = _host.Trace,
            MemoryRefused = _run.MemoryRefused,
        };

    private static string Text(Value value) =>
        Ending.Text(value.Type, new UInt128((ulong)value.HighBits, (ulong)value.Bits), value.Reference);
}
