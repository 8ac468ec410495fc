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

    /// <summary>The lengths of arrays of arrays, the innermost first; null where each value has its own.</summary>
    /// <param name="dimensions">Nothing, or <c>[2][]</c>.</param>
    /// <param name="text">The whole type, for messages.</param>
    public static List<int?> ParseDimensions(ReadOnlySpan<char> dimensions, string text)
    {
        var lengths = ReadDimensions(ref dimensions, text);
        return dimensions.IsEmpty ? lengths : throw None(text);
    }

    /// <inheritdoc cref="ParseDimensions"/>
    public static AbiType ParseArrays(AbiType element, ReadOnlySpan<char> dimensions, string text) =>
        Arrays(element, ParseDimensions(dimensions, text));

    private static AbiType Read(ref ReadOnlySpan<char> rest, string text, int depth)
    {
        if (depth > AbiPolicy.TypeDepthMax)
        {
            throw new AbiException($"A type has more than {AbiPolicy.TypeDepthMax} tuples in each other.");
        }
        if (rest.StartsWith(Tuple + "("))
        {
            rest = rest[Tuple.Length..];
        }
        var type = rest is ['(', ..] ? ReadTuple(ref rest, text, depth) : ReadPlain(ref rest, text);
        return Arrays(type, ReadDimensions(ref rest, text));
    }

    private static List<int?> ReadDimensions(ref ReadOnlySpan<char> rest, string text)
    {
        var lengths = new List<int?>();
        while (rest is ['[', ..])
        {
            var end = rest.IndexOf(']');
            var digits = end > 0 ? rest[1..end] : throw None(text);
            lengths.Add(digits.IsEmpty ? null : Number(digits, text));
            rest = rest[(end + 1)..];
        }
        return lengths.Count <= AbiPolicy.TypeDepthMax
            ? lengths
            : throw new AbiException($"A type has {lengths.Count} arrays in each other; allowed are {AbiPolicy.TypeDepthMax}.");
    }

    private static AbiType Arrays(AbiType element, List<int?> lengths) =>
        lengths.Aggregate(element, (type, length) => new AbiArray(type, length));

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
