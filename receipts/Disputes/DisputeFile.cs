using System.Text.Json;

namespace Marketplace.Receipts;

/// <summary>
/// A dispute with all signatures: the content of a <c>.dispute.json</c>, by DISPUTE.md. There is one text for each, but for the white space
/// between its parts.
/// </summary>
public sealed record DisputeFile
{
    public const string FormatName = "marketplace dispute 1";

    /// <summary>
    /// No file is longer: the longest has the invocation of a receipt, and of each of a hundred votes a result with all files that a run
    /// may leave, and a signature.
    /// </summary>
    public const int BytesMax = 4 * 1024 * 1024;

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    public required MarketDomain Domain { get; init; }

    public required Dispute Dispute { get; init; }

    /// <summary>One for each vote, in their order.</summary>
    public required IReadOnlyList<WorkerSignature> WorkerSignatures { get; init; }

    /// <summary>The market's over the dispute: Ed25519, 128 hexadecimal digits.</summary>
    public required string MarketSignature { get; init; }

    /// <summary>The one text of this dispute, without white space.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, OneText.Json.DisputeFile);

    /// <exception cref="ReceiptFormatException">It is no dispute of this format; the message says what was seen and what is
    /// allowed.</exception>
    public static DisputeFile Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > BytesMax)
        {
            throw new ReceiptFormatException($"It has {json.Length} bytes; a dispute has at most {BytesMax}.");
        }
        DisputeFile file;
        byte[] seen;
        try
        {
            file = JsonSerializer.Deserialize(json, OneText.Json.DisputeFile) ?? throw new ReceiptFormatException("It is null.");
            seen = OneText.WithoutSpace(json);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException)
        {
            throw new ReceiptFormatException(
                $"It is not a dispute of the format '{FormatName}': {FileFault.Describe(malformed)}",
                malformed
            );
        }
        if (file.Format != FormatName)
        {
            throw new ReceiptFormatException($"Its format is '{file.Format}'; this build reads '{FormatName}'.");
        }
        if (HasNull(file))
        {
            throw new ReceiptFormatException("It has null as an item of a list; items are texts or objects.");
        }
        if (!seen.AsSpan().SequenceEqual(file.ToJson()))
        {
            throw new ReceiptFormatException(
                "It says the same in other characters than the format has: digits in lower case, members in their order, no escapes that "
                    + "are not needed."
            );
        }
        return file;
    }

    /// <summary>The serializer refuses null in the place of a member, but takes it for an item of a list.</summary>
    private static bool HasNull(DisputeFile file)
    {
        var (dispute, invocation) = (file.Dispute, file.Dispute.Invocation);
        IEnumerable<object?>[] lists =
        [
            invocation.Arguments,
            invocation.Environment,
            invocation.Files,
            dispute.Results,
            dispute.Votes,
            dispute.Slashings,
            file.WorkerSignatures,
        ];
        return lists.Any(items => items.Contains(null))
            || dispute.Results.Any(result => result.OutputFiles.Contains(null!))
            || dispute.Slashings.Any(slashing => slashing.Shares.Contains(null!))
            || file.WorkerSignatures.Any(signed => signed.Path.Contains(null!));
    }
}
