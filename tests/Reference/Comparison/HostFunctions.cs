using Marketplace.Engine;
using Marketplace.Reference.Generation;

namespace Marketplace.Reference.Comparison;

/// <summary>
/// The host functions of generated modules, the same for every engine: what they do and in which order they were called is part
/// of the result.
/// </summary>
public sealed class HostFunctions
{
    private const ulong Prime = 0x0000_0100_0000_01B3;

    /// <summary>JavaScript has one NaN.</summary>
    private const ulong CanonicalNaN = 0x7FF8_0000_0000_0000;

    /// <summary>A hash of all calls so far, arguments included.</summary>
    public ulong Trace { get; private set; } = 0xCBF2_9CE4_8422_2325;

    public int Note(int value)
    {
        Record(1, (uint)value);
        return unchecked((value * 31) + 7);
    }

    public (long Long, int Int) Mix(long value, ulong floatBits)
    {
        Record(2, (ulong)value);
        Record(3, double.IsNaN(BitConverter.UInt64BitsToDouble(floatBits)) ? CanonicalNaN : floatBits);
        return (value ^ 0x5555_5555_5555_5555, (int)(value >> 7));
    }

    /// <returns>The fuel that the call costs on top.</returns>
    public long Charge(int value)
    {
        Record(4, (uint)value);
        return (uint)value % 100;
    }

    public void Again() => Record(5, 0);

    public Imports ForEngine() =>
        new Imports()
            .Add(ModuleGenerator.HostModule, "note", (Func<Instance, int, int>)((_, value) => Note(value)))
            .Add(
                ModuleGenerator.HostModule,
                "mix",
                HostFunction.Create(
                    ModuleGenerator.Host[1].Type,
                    (_, arguments, results) =>
                    {
                        var (first, second) = Mix(arguments[0].I64, (ulong)arguments[1].Bits);
                        results[0] = Value.FromI64(first);
                        results[1] = Value.FromI32(second);
                    }
                )
            )
            .Add(ModuleGenerator.HostModule, "charge", (Action<Instance, int>)((caller, value) => caller.Run.ChargeFuel(Charge(value))))
            .Add(
                ModuleGenerator.HostModule,
                "again",
                (Action<Instance>)(
                    caller =>
                    {
                        Again();
                        if (CanCallAgain(caller.Module))
                        {
                            caller.Invoke(ModuleGenerator.Again);
                        }
                    }
                )
            );

    public ReferenceImports ForReference()
    {
        var imports = new ReferenceImports();
        Add(0, (_, arguments) => [new(WasmType.I32, (uint)Note((int)(uint)arguments[0].Bits))]);
        Add(
            1,
            (_, arguments) =>
            {
                var (first, second) = Mix((long)(ulong)arguments[0].Bits, (ulong)arguments[1].Bits);
                return [new(WasmType.I64, (ulong)first), new(WasmType.I32, (uint)second)];
            }
        );
        Add(
            2,
            (caller, arguments) =>
            {
                caller.Run.ChargeBySize(Charge((int)(uint)arguments[0].Bits));
                return [];
            }
        );
        Add(
            3,
            (caller, _) =>
            {
                Again();
                return CanCallAgain(caller.Module.Module) ? caller.Invoke(ModuleGenerator.Again) : [];
            }
        );
        return imports;

        void Add(int index, ReferenceHost target)
        {
            var (name, type) = ModuleGenerator.Host[index];
            imports.Add(ModuleGenerator.HostModule, name, new ReferenceHostFunction(type, target));
        }
    }

    /// <summary>A module that chance changed may have lost the export, or given it another type.</summary>
    private static bool CanCallAgain(WasmModule module) =>
        module.ExportsByName.TryGetValue(ModuleGenerator.Again, out var export)
        && export.Type is FunctionType { Parameters: [], Results: [] };

    private void Record(byte kind, ulong value)
    {
        Trace = (Trace ^ kind) * Prime;
        Trace = (Trace ^ value) * Prime;
        Trace ^= Trace >> 29;
    }
}
