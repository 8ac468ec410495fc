using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>
/// The address of a contract or an account on an EVM chain: 20 bytes. Text and JSON form: <c>0x</c> and 40 hexadecimal digits, written in
/// lower case.
/// </summary>
[JsonConverter(typeof(EvmAddressJsonConverter))]
public readonly record struct EvmAddress
{
    public const int Size = 20;

    private const string Prefix = "0x";
    private const int PaddingSize = Bytes32.Size - Size;

    // As a word of the EVM: twelve zero bytes and the address.
    private readonly Bytes32 _word;

    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 20 bytes long.</exception>
    public EvmAddress(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"Expected {Size} bytes, got {bytes.Length}.", nameof(bytes));
        }
        Span<byte> word = stackalloc byte[Bytes32.Size];
        word.Clear();
        bytes.CopyTo(word[^Size..]);
        _word = new Bytes32(word);
    }

    /// <summary>The address as the EVM has it in a word: behind twelve zero bytes.</summary>
    public Bytes32 ToWord() => _word;

    /// <summary>The address of a word: what <see cref="ToWord"/> gives.</summary>
    /// <exception cref="FormatException">One of the first twelve bytes is not zero: the word is no address.</exception>
    public static EvmAddress FromWord(Bytes32 word) =>
        TryFromWord(word, out var address)
            ? address
            : throw new FormatException($"The word {word} is no address: expected are {PaddingSize} zero bytes and {Size} others.");

    /// <inheritdoc cref="FromWord"/>
    /// <returns>False: one of the first twelve bytes is not zero.</returns>
    public static bool TryFromWord(Bytes32 word, out EvmAddress address)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        word.CopyTo(bytes);
        var isAddress = !bytes[..PaddingSize].ContainsAnyExcept((byte)0);
        address = isAddress ? new EvmAddress(bytes[PaddingSize..]) : default;
        return isAddress;
    }

    /// <exception cref="FormatException">The text is no address.</exception>
    public static EvmAddress Parse(string text) =>
        TryParse(text, out var address)
            ? address
            : throw new FormatException(
                $"'{(text?.Length > 80 ? text[..80] + "…" : text)}' is not an address: expected '0x' and {2 * Size} hexadecimal digits."
            );

    public static bool TryParse([NotNullWhen(true)] string? text, out EvmAddress address)
    {
        Span<byte> bytes = stackalloc byte[Size];
        address = default;
        if (
            text is null
            || text.Length != Prefix.Length + (2 * Size)
            || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || Convert.FromHexString(text.AsSpan(Prefix.Length), bytes, out _, out _) != System.Buffers.OperationStatus.Done
        )
        {
            return false;
        }
        address = new EvmAddress(bytes);
        return true;
    }

    public override string ToString() => Prefix + _word.ToString()[^(2 * Size)..];
}

/// <summary>Writes an address as its text form.</summary>
public sealed class EvmAddressJsonConverter : JsonConverter<EvmAddress>
{
    public override EvmAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && EvmAddress.TryParse(reader.GetString(), out var address)
            ? address
            : throw new JsonException($"Expected an address: '0x' and {2 * EvmAddress.Size} hexadecimal digits.");

    public override void Write(Utf8JsonWriter writer, EvmAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
