using System.Text.Json;

namespace Marketplace.Receipts;

/// <summary>
/// What a market publishes of an epoch: the content of an <c>.epoch.json</c>, by COMMITTEE.md. Anybody checks it, and draws its committees
/// again. There is one text for each, but for the white space between its parts.
/// </summary>
public sealed record EpochFile
{
    public const string FormatName = "marketplace epoch 1";

    /// <summary>No list is longer: each share is checked by a pairing, and the file is read whole. So many are about 0.9 MiB.</summary>
    public const int MembersMax = 1024;

    /// <summary>The longest list with all shares, and white space.</summary>
    public const int BytesMax = 2 * 1024 * 1024;

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    public required MarketDomain Domain { get; init; }

    public required ulong Epoch { get; init; }

    /// <summary>Who may become a member.</summary>
    public required IReadOnlyList<CommitteeMember> Members { get; init; }

    /// <summary>The market's over the list: Ed25519, 128 hexadecimal digits.</summary>
    public required string MembersSignature { get; init; }

    /// <summary>One for each of the list, in its order: 192 hexadecimal digits, or empty where it was withheld.</summary>
    public required IReadOnlyList<string> Shares { get; init; }

    /// <summary>The market's over the randomness: Ed25519, 128 hexadecimal digits.</summary>
    public required string RandomnessSignature { get; init; }

    /// <summary>The one text of this epoch, without white space.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, OneText.Json.EpochFile);

    /// <exception cref="ReceiptFormatException">It is no epoch of this format; the message says what was seen and what is
    /// allowed.</exception>
    public static EpochFile Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > BytesMax)
        {
            throw new ReceiptFormatException($"It has {json.Length} bytes; an epoch has at most {BytesMax}.");
        }
        EpochFile file;
        byte[] seen;
        try
        {
            file = JsonSerializer.Deserialize(json, OneText.Json.EpochFile) ?? throw new ReceiptFormatException("It is null.");
            seen = OneText.WithoutSpace(json);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException)
        {
            throw new ReceiptFormatException(
                $"It is not an epoch of the format '{FormatName}': {FileFault.Describe(malformed)}",
                malformed
            );
        }
        if (file.Format != FormatName)
        {
            throw new ReceiptFormatException($"Its format is '{file.Format}'; this build reads '{FormatName}'.");
        }
        if (file.Members.Contains(null!) || file.Shares.Contains(null!))
        {
            throw new ReceiptFormatException("It has null as an item of a list; items are texts or objects.");
        }
        if (file.Members.Count > MembersMax || file.Shares.Count != file.Members.Count)
        {
            throw new ReceiptFormatException(
                $"It has {file.Members.Count} workers and {file.Shares.Count} shares; at most {MembersMax} workers have one each."
            );
        }
        if (EpochRandomness.Check(file.Members) is { } wrong)
        {
            throw new ReceiptFormatException(wrong);
        }
        if (!file.Shares.All(share => share.Length == 0 || CommitteeCertificate.IsHexadecimal(share, Crypto.BlsSignature.Size)))
        {
            throw new ReceiptFormatException("A share is neither empty nor of 192 digits from 0 to 9 and a to f.");
        }
        if (!seen.AsSpan().SequenceEqual(file.ToJson()))
        {
            throw new ReceiptFormatException(
                "It says the same in other characters than the format has: digits in lower case, members in their order, no escapes."
            );
        }
        return file;
    }

    /// <summary>The epoch's randomness.</summary>
    public Bytes32 Randomness() => EpochRandomness.Mix(Domain, Epoch, Members, SharesOrNull());

    /// <summary>The members of the committee of a size, in their order; fewer where fewer gave a share.</summary>
    public IReadOnlyList<CommitteeMember> Committee(int size) => EpochRandomness.Committee(Domain, Epoch, Members, SharesOrNull(), size);

    private string?[] SharesOrNull() => [.. Shares.Select(share => share.Length == 0 ? null : share)];
}
