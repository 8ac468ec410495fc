namespace Marketplace.Engine.Guests.Onvm;

/// <summary>How an ONVM entry point takes its input and gives its output. Each takes the input's address and size.</summary>
internal enum OnvmConvention
{
    /// <summary>It returns the output's address and size as two values.</summary>
    MultiValue = 0,

    /// <summary>It returns <c>address &lt;&lt; 32 | size</c>.</summary>
    Packed = 1,

    /// <summary>
    /// It writes address and size, four bytes each, to the address in its first parameter: what C and Rust make of a function that returns
    /// a pair.
    /// </summary>
    StructureReturn = 2,
}

internal static class OnvmConventions
{
    /// <summary>In the order in which the ABI tries them. No type fits two of them, so the order never decides.</summary>
    public static IReadOnlyList<FunctionType> Types { get; } =
    [
        new([WasmType.I32, WasmType.I32], [WasmType.I32, WasmType.I32]),
        new([WasmType.I32, WasmType.I32], [WasmType.I64]),
        new([WasmType.I32, WasmType.I32, WasmType.I32], []),
    ];

    /// <returns>Null where the export is no ONVM entry point.</returns>
    public static OnvmConvention? Of(ModuleExport export)
    {
        for (var i = 0; i < Types.Count; i++)
        {
            if (Types[i].Equals(export.Type))
            {
                return (OnvmConvention)i;
            }
        }

        return null;
    }
}
