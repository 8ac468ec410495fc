using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace.Receipts;

/// <summary>
/// The lines of a <c>.ledger.jsonl</c>, by LEDGER.md: what it is, its records, its head. There is one text for each line.
/// </summary>
public static class LedgerLines
{
    internal static readonly LedgerJson Json = new(
        new JsonSerializerOptions(LedgerJson.Default.Options) { Encoder = PlainEncoder.Instance }
    );

    public static byte[] ToJson(LedgerTitle title) => JsonSerializer.SerializeToUtf8Bytes(title, Json.LedgerTitle);

    public static byte[] ToJson(LedgerRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, Json.LedgerRecord);

    public static byte[] ToJson(LedgerHeadFile head) => JsonSerializer.SerializeToUtf8Bytes(head, Json.LedgerHeadFile);

    public static byte[] ToJson(BatchProof proof) => JsonSerializer.SerializeToUtf8Bytes(proof, Json.BatchProof);

    public static byte[] ToJson(LedgerProof proof) => JsonSerializer.SerializeToUtf8Bytes(proof, Json.LedgerProof);

    /// <exception cref="LedgerFormatException">It is no first line of a ledger.</exception>
    public static LedgerTitle ParseTitle(ReadOnlySpan<byte> line)
    {
        var title = Parse(line, Json.LedgerTitle, ToJson);
        return title.Format == LedgerTitle.FormatName
            ? title
            : throw new LedgerFormatException($"Its format is '{title.Format}'; this build reads '{LedgerTitle.FormatName}'.");
    }

    /// <exception cref="LedgerFormatException">It is no record.</exception>
    public static LedgerRecord ParseRecord(ReadOnlySpan<byte> line)
    {
        var record = Parse(line, Json.LedgerRecord, ToJson);
        if (!LedgerSignature.IsForm(record.Signature))
        {
            throw new LedgerFormatException($"A signature has {LedgerSignature.Digits} hexadecimal digits in lower case.");
        }
        return LedgerKinds.Refusal(record.Operation) is { } refusal ? throw new LedgerFormatException(refusal) : record;
    }

    /// <exception cref="LedgerFormatException">It is no head of a ledger.</exception>
    public static LedgerHeadFile ParseHead(ReadOnlySpan<byte> line)
    {
        var head = Parse(line, Json.LedgerHeadFile, ToJson);
        return head.Format == LedgerHeadFile.FormatName
            ? head
            : throw new LedgerFormatException($"Its format is '{head.Format}'; this build reads '{LedgerHeadFile.FormatName}'.");
    }

    /// <exception cref="LedgerFormatException">It is no proof.</exception>
    public static LedgerProof ParseProof(ReadOnlySpan<byte> line) => Parse(line, Json.LedgerProof, ToJson);

    /// <summary>As <see cref="ParseProof"/>; one line feed may follow.</summary>
    /// <exception cref="LedgerFormatException">It is no proof of a batch.</exception>
    public static BatchProof ParseBatch(ReadOnlySpan<byte> line)
    {
        var proof = Parse(line is [.. var content, (byte)'\n'] ? content : line, Json.BatchProof, ToJson);
        if (proof.Format != BatchProof.FormatName || proof.Head.Format != LedgerHeadFile.FormatName)
        {
            throw new LedgerFormatException(
                $"Its format is '{proof.Format}', its head's '{proof.Head.Format}'; this build reads '{BatchProof.FormatName}' with "
                    + $"'{LedgerHeadFile.FormatName}'."
            );
        }
        if (proof.Path.Contains(null!) || proof.Record.Operation.Subject.Contains(null!))
        {
            throw new LedgerFormatException("It has null as an item of a list.");
        }
        return LedgerKinds.Refusal(proof.Record.Operation) is { } refusal ? throw new LedgerFormatException(refusal) : proof;
    }

    private static TLine Parse<TLine>(
        ReadOnlySpan<byte> line,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<TLine> form,
        Func<TLine, byte[]> toJson
    )
        where TLine : class
    {
        if (line.Length > LedgerPolicy.LineBytesMax)
        {
            throw new LedgerFormatException($"It has {line.Length} bytes; a line has at most {LedgerPolicy.LineBytesMax}.");
        }
        TLine read;
        byte[] written;
        try
        {
            read = JsonSerializer.Deserialize(line, form) ?? throw new LedgerFormatException("It is null.");
            // Null as an item of a list, or half of a surrogate pair, has no text.
            written = toJson(read);
            if (read is LedgerRecord record && record.Operation.Subject.Contains(null!))
            {
                throw new LedgerFormatException("It has null as a word.");
            }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new LedgerFormatException($"It has not the form of its place: {FileFault.Describe(malformed)}", malformed);
        }
        return line.SequenceEqual(written)
            ? read
            : throw new LedgerFormatException(
                "It says the same in other characters than the format has: digits in lower case, members in their order, no white "
                    + "space, no escapes that are not needed."
            );
    }
}

/// <summary>The first line: of which market and namespace the records are.</summary>
public sealed record LedgerTitle
{
    public const string FormatName = "marketplace ledger 1";

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    public required MarketDomain Domain { get; init; }

    public required LedgerName Namespace { get; init; }
}

/// <summary>The last line, and a file of its own: the head with the market's signature. Keep it: later heads must agree with it.</summary>
public sealed record LedgerHeadFile
{
    public const string FormatName = "marketplace ledger head 1";

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    public required MarketDomain Domain { get; init; }

    public required LedgerHead Head { get; init; }

    /// <summary>The market's: Ed25519, 128 hexadecimal digits.</summary>
    public required string Signature { get; init; }

    public bool IsSigned() => LedgerSignature.Holds(Domain.Market, Head.Digest(Domain), Signature);
}

/// <summary>A proof by RFC 9162: that a record is in a ledger, or that an earlier ledger is the beginning of a later one.</summary>
public sealed record LedgerProof
{
    /// <summary>Of the record; or the size of the earlier ledger.</summary>
    public required ulong From { get; init; }

    /// <summary>The size of the ledger; or of the later one.</summary>
    public required ulong Size { get; init; }

    public required IReadOnlyList<Bytes32> Hashes { get; init; }
}

/// <summary>What was given is no ledger, or no line of one.</summary>
public sealed class LedgerFormatException(string message, Exception? inner = null) : Exception(message, inner);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    NumberHandling = JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(LedgerTitle))]
[JsonSerializable(typeof(LedgerRecord))]
[JsonSerializable(typeof(LedgerHeadFile))]
[JsonSerializable(typeof(LedgerProof))]
[JsonSerializable(typeof(BatchProof))]
internal sealed partial class LedgerJson : JsonSerializerContext;
