using System.Text;
using Marketplace.Engine;
using Marketplace.Reference.Generation;
using Marketplace.Reference.Numerics;

namespace Marketplace.Reference.Comparison;

/// <summary>The reference interpreter.</summary>
public sealed class InterpretingEngine : IEngineUnderTest
{
    private readonly GeneratedModule _generated;
    private readonly ReferenceModule _module;
    private readonly NumericTable _numerics;
    private HostFunctions _host = new();
    private ReferenceInstance? _instance;
    private ReferenceRun _run = null!;

    public InterpretingEngine(GeneratedModule module)
        : this(module, NumericTable.Default) { }

    internal InterpretingEngine(GeneratedModule module, NumericTable numerics)
    {
        _generated = module;
        _module = ReferenceModule.Decode(module.Bytes, EngineLimits.Default);
        _numerics = numerics;
    }

    public CallOutcome Begin()
    {
        _instance = null;
        _host = new HostFunctions();
        _run = new ReferenceRun(
            new ReferenceLimits
            {
                FuelMax = _generated.FuelMax,
                MemoryPagesMax = GeneratedModule.MemoryPagesMax,
                TableElementsMax = GeneratedModule.TablesElementsMax,
                StackSlotsMax = _generated.StackSlotsMax,
            },
            _numerics
        );
        return Ending.Of(
            "start",
            () =>
            {
                _instance = ReferenceInstance.Instantiate(_module, _host.ForReference(), _run);
                return "";
            },
            With
        );
    }

    public CallOutcome Call(GeneratedCall call) =>
        Ending.Of(call.Export, () => string.Join(' ', _instance!.Invoke(call.Export, [.. call.Arguments]).Select(Text)), With);

    public State State()
    {
        if (_instance is null)
        {
            return new State([], "");
        }

        var values = new StringBuilder();
        foreach (var export in _module.Module.Exports)
        {
            switch (_instance.Export(export.Name))
            {
                case ReferenceGlobal global:
                    values.Append($"{export.Name}={Text(global.Value)}\n");
                    break;
                case ReferenceTable table:
                    var elements = Enumerable.Range(0, table.Count).Select(i => Ending.Text(table.Type.Element, 0, table[(uint)i]));
                    values.Append($"{export.Name}=[{string.Join(' ', elements)}]\n");
                    break;
            }
        }

        return new State(_instance.Memories.Count == 0 ? [] : _instance.Memories[0].ToArray(), values.ToString());
    }

    public void Dispose()
    {
        // Everything is the garbage collector's.
    }

    private CallOutcome With(CallOutcome outcome) =>
        outcome with
        {
            Fuel = _run.FuelUsed,
            Trace = _host.Trace,
            MemoryRefused = _run.MemoryRefused,
        };

    private static string Text(ReferenceValue value) => Ending.Text(value.Type, value.Bits, value.Reference);
}
