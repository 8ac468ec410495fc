using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Marketplace.Receipts;

/// <summary>What operations there are, and the words of each, by LEDGER.md.</summary>
public static class LedgerKinds
{
    public const string KeyCreated = "key_created";
    public const string KeyRevoked = "key_revoked";
    public const string ProgramDeployed = "program_deployed";
    public const string ProgramRemoved = "program_removed";
    public const string Offer = "offer";
    public const string StakeHeld = "stake_held";
    public const string StakeTakenBack = "stake_taken_back";
    public const string Slashing = "slashing";
    public const string Policy = "policy";
    public const string ReceiptBatch = "receipt_batch";

    private static readonly FrozenDictionary<string, LedgerKind> Known = new LedgerKind[]
    {
        new(KeyCreated, [LedgerScope.Account], [Text("key"), Text("name"), Many("scope", IsText), One("spendLimit", IsNumberOrNone)]),
        new(KeyRevoked, [LedgerScope.Account], [Text("key")]),
        new(ProgramDeployed, [LedgerScope.Account], [Program(), One("module", IsBlob), Text("name")]),
        new(ProgramRemoved, [LedgerScope.Account], [Program()]),
        new(
            Offer,
            [LedgerScope.Worker],
            [
                Number("pricePerMillionFuel"),
                Number("slots"),
                Number("memoryPages"),
                Number("buyerReputationMin"),
                One("withheld", IsHash),
                Many("label", IsText),
            ]
        ),
        new(StakeHeld, [LedgerScope.Worker], [One("hold", IsHash), Number("amount")]),
        new(StakeTakenBack, [LedgerScope.Worker], [One("hold", IsHash), Number("amount")]),
        new(
            Slashing,
            [LedgerScope.Worker, LedgerScope.Market],
            [One("worker", IsHash), One("evidence", IsHash), Number("amount"), Text("reason")]
        ),
        new(Policy, [LedgerScope.Market], [Many("option", IsOption)]),
        new(ReceiptBatch, [LedgerScope.Market], [Number("epoch"), One("root", IsHash), Number("count")]),
    }.ToFrozenDictionary(kind => kind.Name);

    /// <summary>All of this version.</summary>
    public static IEnumerable<string> Names => Known.Keys.Order(StringComparer.Ordinal);

    public static bool IsKnown(string kind) => Known.ContainsKey(kind);

    /// <summary>Whether operations of the kind stand in such a namespace.</summary>
    public static bool IsOf(string kind, LedgerScope scope) => Known.TryGetValue(kind, out var known) && known.Scopes.Contains(scope);

    /// <returns>
    /// Why the operation has not the form of its kind, as a sentence; null where it has, or its kind is of a later version.
    /// </returns>
    public static string? Refusal(LedgerOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (SizeRefusal(operation) is { } tooLarge)
        {
            return tooLarge;
        }
        if (!Known.TryGetValue(operation.Kind, out var kind))
        {
            return null;
        }
        if (!kind.Scopes.Contains(operation.Namespace.Scope))
        {
            return $"An operation of the kind '{operation.Kind}' does not stand in the namespace '{operation.Namespace}'.";
        }
        var next = 0;
        foreach (var form in kind.Words)
        {
            var first = next;
            while (next < operation.Subject.Count && operation.Subject[next].Name == form.Name && (form.IsMany || next == first))
            {
                if (!form.Takes(operation.Subject[next].Value))
                {
                    return $"The word '{form.Name}' of '{operation.Kind}' cannot be '{operation.Subject[next].Value}'.";
                }
                next++;
            }
            if (!form.IsMany && next == first)
            {
                return $"An operation of the kind '{operation.Kind}' has the word '{form.Name}' here.";
            }
        }
        return next == operation.Subject.Count
            ? null
            : $"An operation of the kind '{operation.Kind}' has no word '{operation.Subject[next].Name}' here.";
    }

    /// <summary>A decimal number of at most 128 bits without leading zeros.</summary>
    internal static bool IsNumber(string text) =>
        UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value.ToString(CultureInfo.InvariantCulture) == text;

    private static string? SizeRefusal(LedgerOperation operation)
    {
        if (operation.Subject.Count > LedgerPolicy.WordsMax)
        {
            return $"It has {operation.Subject.Count} words; allowed are {LedgerPolicy.WordsMax}.";
        }
        var size = 0;
        foreach (var word in operation.Subject.Prepend(new LedgerWord(operation.Kind, "")))
        {
            if (!IsUnicode(word.Name) || !IsUnicode(word.Value))
            {
                return "A word has half of a surrogate pair, which is no text.";
            }
            var (name, value) = (Encoding.UTF8.GetByteCount(word.Name), Encoding.UTF8.GetByteCount(word.Value));
            if (name is 0 or > LedgerPolicy.NameBytesMax || value > LedgerPolicy.ValueBytesMax)
            {
                return $"A word has a name of {name} bytes and a value of {value}; allowed are 1 to {LedgerPolicy.NameBytesMax} and "
                    + $"{LedgerPolicy.ValueBytesMax}.";
            }
            size += name + value;
        }
        return size <= LedgerPolicy.SubjectBytesMax
            ? null
            : $"Its words have {size} bytes together; allowed are {LedgerPolicy.SubjectBytesMax}.";
    }

    private static bool IsUnicode(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty; )
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var count) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }
            rest = rest[count..];
        }
        return true;
    }

    private static LedgerWordForm Text(string name) => One(name, IsText);

    private static LedgerWordForm Number(string name) => One(name, IsNumber);

    private static LedgerWordForm Program() => One("program", text => ProgramId.TryParse(text, out var id) && id.ToString() == text);

    private static LedgerWordForm One(string name, Func<string, bool> takes) => new(name, takes, IsMany: false);

    private static LedgerWordForm Many(string name, Func<string, bool> takes) => new(name, takes, IsMany: true);

    private static bool IsText(string text) => true;

    private static bool IsNumberOrNone(string text) => text.Length == 0 || IsNumber(text);

    private static bool IsBlob(string text) => BlobId.TryParse(text, out var id) && id.ToString() == text;

    private static bool IsHash(string text) => Bytes32.TryParse(text, out var hash) && hash.ToString() == text;

    private static bool IsOption(string text) => text.IndexOf('=', StringComparison.Ordinal) > 0;
}

/// <param name="Name">As operations name it.</param>
/// <param name="Scopes">In whose namespaces it stands.</param>
/// <param name="Words">In their order.</param>
internal sealed record LedgerKind(string Name, LedgerScope[] Scopes, LedgerWordForm[] Words);

/// <param name="Name">The word's.</param>
/// <param name="Takes">Which values it may have.</param>
/// <param name="IsMany">It stands there as often as needed, or not at all; else once.</param>
internal sealed record LedgerWordForm(string Name, Func<string, bool> Takes, bool IsMany);
