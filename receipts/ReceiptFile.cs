using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace.Receipts;

/// <summary>
/// A receipt with all that a verifier needs: the content of a <c>.receipt.json</c>, by RECEIPT.md. There is one text for each receipt, but
/// for the white space between its parts.
/// </summary>
public sealed record ReceiptFile
{
    public const string FormatName = "marketplace receipt 1";

    /// <summary>
    /// No receipt is longer: the longest has the arguments and the environment of a job, and the files of two lists, all within their
    /// limits. Two of the longest, of which one has answered the other, fit as well.
    /// </summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    public required MarketDomain Domain { get; init; }

    public required Receipt Receipt { get; init; }

    /// <summary>One for each seat, in their order; none where no run was reported, or a committee has signed.</summary>
    public required IReadOnlyList<WorkerSignature> WorkerSignatures { get; init; }

    /// <summary>The committee's; absent where there was none, or no run was reported.</summary>
    public CommitteeCertificate? Certificate { get; init; }

    /// <summary>The earlier receipt that answered the job; absent where the job ran, or ended without a run.</summary>
    public ReceiptReuse? Reuse { get; init; }

    /// <summary>The market's over the receipt: Ed25519, 128 hexadecimal digits.</summary>
    public required string MarketSignature { get; init; }

    /// <summary>The receipt's id, which the market signs: that of the receipt, or of its reuse where it has one.</summary>
    public Bytes32 Hash() => Reuse?.Hash(Receipt) ?? Receipt.Hash();

    /// <summary>The one text of this receipt, without white space.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, OneText.Json.ReceiptFile);

    /// <exception cref="ReceiptFormatException">It is no receipt of this format; the message says what was seen and what is
    /// allowed.</exception>
    public static ReceiptFile Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > BytesMax)
        {
            throw new ReceiptFormatException($"It has {json.Length} bytes; a receipt has at most {BytesMax}.");
        }
        ReceiptFile file;
        byte[] seen;
        try
        {
            file = JsonSerializer.Deserialize(json, OneText.Json.ReceiptFile) ?? throw new ReceiptFormatException("It is null.");
            seen = OneText.WithoutSpace(json);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException)
        {
            throw new ReceiptFormatException(
                $"It is not a receipt of the format '{FormatName}': {FileFault.Describe(malformed)}",
                malformed
            );
        }
        foreach (var part in file.Reuse is { Earlier: var earlier } ? [file, earlier] : new[] { file })
        {
            if (part.Format != FormatName)
            {
                throw new ReceiptFormatException($"Its format is '{part.Format}'; this build reads '{FormatName}'.");
            }
        }
        if (HasNull(file) || (file.Reuse is { } reuse && HasNull(reuse.Earlier)))
        {
            throw new ReceiptFormatException("It has null as an item of a list; items are texts or objects.");
        }
        if (file.Reuse?.Earlier.Reuse is not null)
        {
            throw new ReceiptFormatException("The earlier receipt in it names a still earlier one; it is of a job that ran.");
        }
        if (file.Certificate?.IsHexadecimal() == false || file.Reuse?.Earlier.Certificate?.IsHexadecimal() == false)
        {
            throw new ReceiptFormatException(
                "A key, a proof or a signature of its certificate is not of 96, 192 or 128 digits from 0 to 9 and a to f."
            );
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
    private static bool HasNull(ReceiptFile file)
    {
        var (invocation, result) = (file.Receipt.Execution.Invocation, file.Receipt.Execution.Result);
        IEnumerable<object?>[] lists =
        [
            invocation.Arguments,
            invocation.Environment,
            invocation.Files,
            result.OutputFiles,
            file.Receipt.Seats,
            file.Receipt.Shares,
            file.WorkerSignatures,
            file.Certificate?.Members ?? [],
            file.Certificate?.Path ?? [],
        ];
        return lists.Any(items => items.Contains(null)) || file.WorkerSignatures.Any(signed => signed.Path.Contains(null!));
    }
}

/// <summary>A worker's signature over a batch of executions, and the way to its root.</summary>
public sealed record WorkerSignature
{
    /// <summary>From the execution of this receipt to the root that is signed.</summary>
    public required IReadOnlyList<PathStep> Path { get; init; }

    /// <summary>Ed25519, 128 hexadecimal digits.</summary>
    public required string Signature { get; init; }
}

/// <summary>One step: the neighbour's hash, named by the side on which it stands. It has one of both.</summary>
public sealed record PathStep
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Bytes32? Left { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Bytes32? Right { get; init; }

    public static PathStep Of(MerkleStep step) => step.IsLeft ? new PathStep { Left = step.Hash } : new PathStep { Right = step.Hash };

    internal static bool TryRead(IReadOnlyList<PathStep> path, [NotNullWhen(true)] out IReadOnlyList<MerkleStep>? steps)
    {
        var read = new List<MerkleStep>(path.Count);
        foreach (var step in path)
        {
            if (step.TryRead(out var one))
            {
                read.Add(one.Value);
            }
        }
        steps = read.Count == path.Count ? read : null;
        return steps is not null;
    }

    private bool TryRead([NotNullWhen(true)] out MerkleStep? step)
    {
        step =
            Left is { } left && Right is null ? new MerkleStep(IsLeft: true, left)
            : Right is { } right && Left is null ? new MerkleStep(IsLeft: false, right)
            : null;
        return step is not null;
    }
}

/// <summary>What was given is no receipt.</summary>
public sealed class ReceiptFormatException(string message, Exception? inner = null) : Exception(ReceiptCheck.Cut(message), inner);

/// <summary>
/// The JSON form: camelCase names, all numbers as strings of decimal digits, members in the order of their declaration, unknown and doubled
/// ones refused.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    NumberHandling = JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ReceiptFile))]
[JsonSerializable(typeof(DisputeFile))]
[JsonSerializable(typeof(EpochFile))]
[JsonSerializable(typeof(SettlementFile))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
