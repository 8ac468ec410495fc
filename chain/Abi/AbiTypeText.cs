using System.Globalization;

namespace Marketplace.Chain;

/// <summary>Reads types as signatures write them.</summary>
internal static class AbiTypeText
{
    private const string Tuple = "tuple";

    public static AbiType Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var rest = text.AsSpan();
        var type = Read(ref rest, text, depth: 0);
        return rest.IsEmpty ? type : throw None(text);
    }

    /// <param name="element">Of the innermost array.</param>
    /// <param name="dimensions">None, or <c>[2][]</c>.</param>
    /// <param name="text">For messages.</param>
    public static AbiType ParseDimensions(AbiType element, ReadOnlySpan<char> dimensions, string text)
    {
        var type = ReadDimensions(element, ref dimensions, text);
        return dimensions.IsEmpty ? type : throw None(text);
    }

    private static AbiType Read(ref ReadOnlySpan<char> rest, string text, int depth)
    {
        if (depth > AbiPolicy.TypeDepthMax)
        {
            throw new AbiException($"A type has more than {AbiPolicy.TypeDepthMax} tuples in each other.");
        }
        if (rest.StartsWith(Tuple))
        {
            rest = rest[Tuple.Length..];
        }
        var type = rest is ['(', ..] ? ReadTuple(ref rest, text, depth) : ReadPlain(ref rest, text);
        return ReadDimensions(type, ref rest, text);
    }

    private static AbiType ReadDimensions(AbiType type, ref ReadOnlySpan<char> rest, string text)
    {
        while (rest is ['[', ..])
        {
            var end = rest.IndexOf(']');
            var digits = end > 0 ? rest[1..end] : throw None(text);
            type = new AbiArray(type, digits.IsEmpty ? null : Number(digits, text));
            rest = rest[(end + 1)..];
        }
        return type;
    }

    private static AbiTuple ReadTuple(ref ReadOnlySpan<char> rest, string text, int depth)
    {
        var items = new List<AbiType>();
        rest = rest[1..];
        if (rest is [')', ..])
        {
            rest = rest[1..];
            return new AbiTuple([]);
        }
        while (true)
        {
            items.Add(Read(ref rest, text, depth + 1));
            var next = rest is [',' or ')', ..] ? rest[0] : throw None(text);
            rest = rest[1..];
            if (next == ')')
            {
                return new AbiTuple(items);
            }
        }
    }

    private static AbiType ReadPlain(ref ReadOnlySpan<char> rest, string text)
    {
        var end = rest.IndexOfAny("[,)");
        var word = end < 0 ? rest : rest[..end];
        rest = rest[word.Length..];
        return word switch
        {
            "bool" => new AbiBool(),
            "address" => new AbiAddress(),
            "string" => new AbiBytes(isText: true),
            "bytes" => new AbiBytes(isText: false),
            "uint" or "int" => new AbiNumber(8 * AbiType.WordSize, word is "int"),
            _ when word.StartsWith("bytes") => Number(word[5..], text) is var length and >= 1 and <= AbiType.WordSize
                ? new AbiFixedBytes(length)
                : throw None(text),
            _ when word.StartsWith("uint") => Sized(Number(word[4..], text), isSigned: false, text),
            _ when word.StartsWith("int") => Sized(Number(word[3..], text), isSigned: true, text),
            _ => throw None(text),
        };
    }

    private static AbiNumber Sized(int bits, bool isSigned, string text) =>
        bits is >= 8 and <= 8 * AbiType.WordSize && bits % 8 == 0 ? new AbiNumber(bits, isSigned) : throw None(text);

    private static int Number(ReadOnlySpan<char> digits, string text) =>
        digits is not ['0', ..] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw None(text);

    private static AbiException None(string text) => new($"'{AbiNames.Shown(text)}' is no type of the contract ABI.");
}
