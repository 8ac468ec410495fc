using Marketplace.Engine;

namespace Marketplace.Reference.Generation;

/// <summary>One call of an exported function. References are null or one of <see cref="HostObjects"/>.</summary>
public sealed record GeneratedCall(string Export, IReadOnlyList<ReferenceValue> Arguments)
{
    public static readonly IReadOnlyList<string> HostObjects = ["one", "two"];
}

/// <summary>A valid module and what to do with it, which follows from its exports.</summary>
/// <param name="Name">For people: the seed or the file that it comes from.</param>
/// <param name="Calls">Each exported function once.</param>
/// <param name="FuelMax">Of each run.</param>
/// <param name="StackSlotsMax">Few, so that recursion ends a run before the fuel does, or as many as there are.</param>
public sealed record GeneratedModule(string Name, byte[] Bytes, IReadOnlyList<GeneratedCall> Calls, long FuelMax, int StackSlotsMax)
{
    /// <summary>Pages that its memory may have.</summary>
    public const int MemoryPagesMax = 6;

    /// <summary>Elements that each of its tables may have by its type, where that says a number.</summary>
    public const int TableElementsMax = 64;

    /// <summary>
    /// Elements that its three tables may have together: a limit that no other engine has, so it comes after those of the types.
    /// </summary>
    public const int TablesElementsMax = 3 * TableElementsMax;

    private const long UsualFuel = 60_000;

    /// <summary>Calls of one module: those of files may have thousands of exports.</summary>
    private const int CallsMax = 40;

    /// <summary>
    /// Chooses arguments and limits by the exports, so that a file is enough to repeat a run, and stays so while its code is made
    /// smaller.
    /// </summary>
    /// <param name="portable">NaN arguments are canonical: JavaScript has no others.</param>
    public static GeneratedModule Of(string name, byte[] bytes, bool portable)
    {
        var exports = WasmModule.Decode(bytes, EngineLimits.Default).Exports;
        var functions = exports.Where(export => export.Type is FunctionType).ToArray();
        var names = string.Concat(functions.Select(export => $"{export.Name} {export.Type}\n"));
        var dice = new Dice(names.Aggregate(0xCBF2_9CE4_8422_2325, (hash, next) => (hash ^ next) * 0x0000_0100_0000_01B3));
        var calls = functions
            .Take(CallsMax)
            .Select(export => new GeneratedCall(
                export.Name,
                [.. ((FunctionType)export.Type).Parameters.Select(type => Argument(type, dice, portable))]
            ))
            .ToArray();
        return new GeneratedModule(
            name,
            bytes,
            calls,
            dice.OnceIn(20) ? dice.Between(10, 2_000) : UsualFuel,
            dice.Pick([2_000, 20_000, EnginePolicy.StackSlotsMax])
        );
    }

    private static ReferenceValue Argument(WasmType type, Dice dice, bool portable) =>
        type == WasmType.ExternRef && dice.Chance(60)
            ? new ReferenceValue(type, 0, dice.Pick(GeneratedCall.HostObjects))
            : new ReferenceValue(type, Constants.Of(type, dice, anyNaN: !portable));
}
