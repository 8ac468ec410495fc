using Marketplace.Grains;
using Marketplace.Storage;

namespace Marketplace.Verify.Settlements;

/// <summary>What the silo writes on the way of a settlement, read from the records of its journal.</summary>
internal sealed class WriteSteps
{
    public const string Counted = "blocks counted";
    public const string Forgotten = "blocks forgotten";
    public const string File = "file written";
    public const string Made = "settlement made";
    public const string Late = "settlement made anew";
    public const string Signed = "settlement signed";
    public const string Transaction = "transaction written";
    public const string Settled = "settlement settled";
    public const string TakenBack = "settlement taken back";
    public const string Told = "deposits told";
    public const string CreditMeant = "credit meant";
    public const string CreditBooked = "credit booked";
    public const string CreditDone = "credit done";
    public const string DebitMeant = "debit meant";
    public const string DebitBooked = "debit booked";
    public const string DebitDone = "debit done";
    public const string ReversalMeant = "reversal meant";
    public const string ReversalBooked = "reversal booked";
    public const string ReversalDone = "reversal done";

    private const string Chain = "chain/";
    private const string Account = "account/";

    private readonly Dictionary<string, ChainAccountState> _accounts = [];
    private Grains.SettlementState? _settlement;

    /// <summary>Those that come without a reorganisation that is deeper than was waited for.</summary>
    public static IReadOnlyList<string> Usual { get; } =
    [Told, CreditMeant, CreditBooked, CreditDone, Counted, File, Made, Signed, Transaction, Settled, .. Debits];

    /// <summary>Those that come only where an account asks its deposits back.</summary>
    public static IReadOnlyList<string> Debits => [DebitMeant, DebitBooked, DebitDone];

    public static IReadOnlyList<string> Deep { get; } = [Forgotten, ReversalMeant, ReversalBooked, ReversalDone, TakenBack];

    /// <summary>Those by which the books lose a deposit that the chain has lost.</summary>
    public static IReadOnlyList<string> LostDeposit { get; } = [Forgotten, ReversalMeant, ReversalBooked, ReversalDone];

    /// <summary>How far the market is, by what is written.</summary>
    public Grains.SettlementState? Settlement => Volatile.Read(ref _settlement);

    /// <summary>Whether all that an address has deposited is in the books, and nothing is under way.</summary>
    public bool IsBooked(EvmAddress owner, TokenAmount deposited)
    {
        lock (_accounts)
        {
            return _accounts.GetValueOrDefault(owner.ToString()) is { Pending: null } known
                && (known.Deposited, known.Booked) == (deposited, deposited);
        }
    }

    /// <returns>The steps that the record is; most records of a market are none.</returns>
    public IReadOnlyList<string> Of(JournalRecord record)
    {
        if (record.Kind == JournalRecordKind.EntriesAppended)
        {
            return record.Name.StartsWith(Account, StringComparison.Ordinal)
                ? [.. record.Entries().Select(entry => Of(AccountEventCodec.Read(entry.Span))).OfType<string>()]
                : [];
        }
        if (record.Kind != JournalRecordKind.DocumentWritten)
        {
            return [];
        }
        return record.Name switch
        {
            SettlementFiles.Kind => [File],
            Grains.SettlementState.Kind => [.. Of(Grains.SettlementState.Read(record.Payload.Span))],
            ChainAccountState.Kind => [.. Of(record.Id, ChainAccountState.Form.Read(record.Payload))],
            _ => [],
        };
    }

    private static string? Of(AccountEvent happened) =>
        happened switch
        {
            Credited credited when IsOfChain(credited.Operation) => CreditBooked,
            Debited debited when IsOfChain(debited.Operation) => DebitBooked,
            CreditReversed reversed when IsOfChain(reversed.Operation) => ReversalBooked,
            _ => null,
        };

    private static bool IsOfChain(string operation) => operation.StartsWith(Chain, StringComparison.Ordinal);

    private IEnumerable<string> Of(Grains.SettlementState now)
    {
        var before = _settlement ?? now with { Trail = [], Open = null, Past = [], Earlier = [] };
        Volatile.Write(ref _settlement, now);
        if (now.Counted > before.Counted)
        {
            yield return Counted;
        }
        if (now.Counted < before.Counted)
        {
            yield return Forgotten;
        }
        if (now.Next > before.Next)
        {
            yield return Settled;
        }
        if (now.Next < before.Next)
        {
            yield return TakenBack;
            yield break;
        }
        if (now.Open is not { } open)
        {
            yield break;
        }
        if (open.Settlement != before.Open?.Settlement)
        {
            yield return open.Settlement.Number == before.Open?.Settlement.Number ? Late : Made;
        }
        else if (open.Signature is not null && before.Open?.Signature is null)
        {
            yield return Signed;
        }
        else if (open.Attempts.Length > 0 && open.Attempts[^1] != before.Open?.Attempts.LastOrDefault())
        {
            yield return Transaction;
        }
    }

    private IEnumerable<string> Of(string id, ChainAccountState now)
    {
        ChainAccountState before;
        lock (_accounts)
        {
            before = _accounts.GetValueOrDefault(id) ?? new ChainAccountState { Owner = now.Owner };
            _accounts[id] = now;
        }
        if ((now.Deposited, now.Requested, now.Claimed) != (before.Deposited, before.Requested, before.Claimed))
        {
            yield return Told;
        }
        if (now.Pending is { } pending && pending != before.Pending)
        {
            yield return pending.Kind switch
            {
                BookKind.Credit => CreditMeant,
                BookKind.Debit => DebitMeant,
                _ => ReversalMeant,
            };
        }
        if (now.Pending is null && before.Pending is { } done && now.Booked != before.Booked)
        {
            yield return done.Kind switch
            {
                BookKind.Credit => CreditDone,
                BookKind.Debit => DebitDone,
                _ => ReversalDone,
            };
        }
    }
}
