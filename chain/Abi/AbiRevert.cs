using System.Globalization;
using System.Numerics;

namespace Marketplace.Chain;

/// <summary>What a call that reverted returned
/// (<see href="https://docs.soliditylang.org/en/latest/control-structures.html">Solidity, error handling</see>).</summary>
/// <param name="Error">Null where the bytes are of no known error, or not in the form that compilers write.</param>
/// <param name="Arguments">Of the error.</param>
/// <param name="Data">The bytes.</param>
public sealed record AbiRevert(AbiError? Error, IReadOnlyList<object> Arguments, ReadOnlyMemory<byte> Data)
{
    private static readonly AbiError Reason = BuiltIn("Error", "message", "string");
    private static readonly AbiError Panic = BuiltIn("Panic", "code", "uint256");

    /// <summary>For people: <c>Panic(17): an addition, subtraction or multiplication was too large</c>. Long values are cut.</summary>
    public override string ToString() =>
        Error is not null
            ? $"{Error.Signature.Name}({string.Join(", ", Arguments.Select(Text))})"
                + (Error == Panic ? PanicText((BigInteger)Arguments[0]) : "")
        : Data.IsEmpty ? "reverted without data"
        : $"unknown error {Text(Data.ToArray())}";

    internal static AbiRevert Decode(ReadOnlySpan<byte> data, IEnumerable<AbiError> known)
    {
        foreach (var error in known.Append(Reason).Append(Panic))
        {
            if (data.StartsWith(error.Signature.Selector))
            {
                try
                {
                    var arguments = (object[])error.Signature.Inputs.Decode(data[AbiSignature.SelectorSize..]);
                    return new AbiRevert(error, arguments, data.ToArray());
                }
                catch (AbiException)
                {
                    // Another error may have the same four bytes; else the bytes are shown as they are.
                }
            }
        }
        return new AbiRevert(null, [], data.ToArray());
    }

    private static AbiError BuiltIn(string name, string parameter, string type)
    {
        var inputs = AbiType.Parse(type);
        return new AbiError(new AbiSignature(name, new AbiTuple([inputs])), [new AbiParameter(parameter, inputs)]);
    }

    private static string PanicText(BigInteger code) =>
        code > byte.MaxValue
            ? ""
            : (int)code switch
            {
                0x01 => ": an assertion failed",
                0x11 => ": an addition, subtraction or multiplication was too large",
                0x12 => ": a division by zero",
                0x21 => ": a number is no member of an enum",
                0x22 => ": stored bytes have a wrong length",
                0x31 => ": pop of an empty array",
                0x32 => ": an index is beyond its array",
                0x41 => ": too much memory was asked for",
                0x51 => ": a function that is not set was called",
                _ => "",
            };

    private static string Text(object value) =>
        AbiNames.Shown(
            value switch
            {
                string text => $"\"{text}\"",
                byte[] bytes => "0x" + Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, AbiPolicy.ShownCharsMax))),
                object[] items => $"[{string.Join(", ", items.Take(AbiPolicy.ShownCharsMax).Select(Text))}]",
                _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
            }
        );
}
