namespace Marketplace.Cli.Commands;

/// <summary>
/// A program whose result is known without any engine: for i from <see cref="Terms"/> down to 1 it takes i into x by exclusive or,
/// multiplies by 6364136223846793005 and turns x left by 13 bits. The fuel follows from FUEL.md.
/// </summary>
internal static class KnownProgram
{
    public const string Export = "mix";
    public const int Terms = 200_000;
    public const long Result = -2691507994871355649;

    /// <summary>14 instructions a turn that are not free, and one behind the loop.</summary>
    public const long Fuel = (14L * Terms) + 1;

    public static readonly byte[] Module = Convert.FromHexString(
        "0061736d0100000001060160017f017e03020100070701036d697800000a2b012901017e034020012000ad8542adfed5e4d4"
            + "85fda8d8007e420d892101200041016b22000d000b20010b"
    );
}
