using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace.Receipts;

/// <summary>
/// Whose history a ledger is: <c>market</c>, <c>account.ID</c> or <c>worker.ID</c>. The text is the namespace of its operations, and has
/// one form.
/// </summary>
[JsonConverter(typeof(LedgerNameJson))]
public readonly record struct LedgerName
{
    private const string MarketText = "market";
    private const string AccountPrefix = "account.";
    private const string WorkerPrefix = "worker.";

    private LedgerName(LedgerScope scope, Bytes32 owner) => (Scope, Owner) = (scope, owner);

    /// <summary>The market's own.</summary>
    public static LedgerName Market { get; }

    /// <summary>Which kind of namespace it is.</summary>
    public LedgerScope Scope { get; }

    /// <summary>The key of the account or worker; zero: it is the market's.</summary>
    public Bytes32 Owner { get; }

    public static LedgerName Of(AccountId account) => new(LedgerScope.Account, account.Value);

    public static LedgerName Of(WorkerId worker) => new(LedgerScope.Worker, worker.Value);

    /// <exception cref="FormatException">It is no namespace; the message says which there are.</exception>
    public static LedgerName Parse(string text) =>
        TryParse(text, out var name)
            ? name
            : throw new FormatException(
                $"'{text}' is no namespace of a ledger. There are 'market', 'account.' and 'worker.', the last two with 64 hexadecimal "
                    + "digits in lower case."
            );

    public static bool TryParse([NotNullWhen(true)] string? text, out LedgerName name)
    {
        name = default;
        if (text is null)
        {
            return false;
        }
        if (
            text.StartsWith(AccountPrefix, StringComparison.Ordinal) && Bytes32.TryParse(text.AsSpan(AccountPrefix.Length), out var account)
        )
        {
            name = new LedgerName(LedgerScope.Account, account);
        }
        else if (
            text.StartsWith(WorkerPrefix, StringComparison.Ordinal) && Bytes32.TryParse(text.AsSpan(WorkerPrefix.Length), out var worker)
        )
        {
            name = new LedgerName(LedgerScope.Worker, worker);
        }
        // Digits in capitals are another text.
        return name.ToString() == text;
    }

    /// <summary>Whether the key may be an author here: the market's, and that of the account or worker.</summary>
    public bool Admits(Bytes32 author, Bytes32 market) => author == market || (Scope is not LedgerScope.Market && author == Owner);

    public override string ToString() =>
        Scope switch
        {
            LedgerScope.Account => AccountPrefix + Owner,
            LedgerScope.Worker => WorkerPrefix + Owner,
            _ => MarketText,
        };
}

/// <summary>What a ledger is the history of.</summary>
public enum LedgerScope
{
    Market = 0,
    Account = 1,
    Worker = 2,
}

internal sealed class LedgerNameJson : JsonConverter<LedgerName>
{
    public override LedgerName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        LedgerName.Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, LedgerName value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
