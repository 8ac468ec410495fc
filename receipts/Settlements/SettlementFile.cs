using System.Text.Json;

namespace Marketplace.Receipts;

/// <summary>
/// A settlement with all that its roots stand for: the content of a <c>.settlement.json</c>, by SETTLEMENT.md. Members of the committee
/// check it before they sign, and everybody finds the path of an account or a receipt in it. There is one text for each, but for the
/// white space between its parts.
/// </summary>
public sealed record SettlementFile
{
    public const string FormatName = "marketplace settlement 1";

    /// <summary>
    /// More accounts make a file that a member does not read in a second. An account is one row, however many jobs it has.
    /// </summary>
    public const int AccountsMax = 100_000;

    /// <summary>More receipts wait for the next settlement.</summary>
    public const int ReceiptsMax = 100_000;

    /// <summary>The most accounts and receipts, with the longest numbers, and white space.</summary>
    public const int BytesMax = 48 * 1024 * 1024;

    private MerkleBatch? _accountTree;
    private MerkleBatch? _receiptTree;

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    public required MarketDomain Domain { get; init; }

    public required Settlement Settlement { get; init; }

    /// <summary>What was slashed and came to the escrow since the first settlement: so much more may be earned than was spent. The escrow
    /// compares with its own figure.</summary>
    public required TokenAmount Compensated { get; init; }

    /// <summary>Ascending by owner, each once.</summary>
    public required IReadOnlyList<AccountTotals> Accounts { get; init; }

    /// <summary>The hashes of the receipts, ascending, each once.</summary>
    public required IReadOnlyList<Bytes32> Receipts { get; init; }

    /// <summary>A settlement of these accounts and receipts.</summary>
    /// <param name="domain">The market's.</param>
    /// <param name="place">Its number, epoch and block; roots and sums are computed.</param>
    /// <param name="compensated">What was slashed and came to the escrow.</param>
    /// <param name="accounts">In any order.</param>
    /// <param name="receipts">In any order.</param>
    /// <exception cref="OverflowException">The sums do not fit.</exception>
    public static SettlementFile Of(
        MarketDomain domain,
        (ulong Number, ulong Epoch, ulong ChainBlock) place,
        TokenAmount compensated,
        IEnumerable<AccountTotals> accounts,
        IEnumerable<Bytes32> receipts
    )
    {
        AccountTotals[] rows = [.. accounts.OrderBy(account => account.Owner.ToWord())];
        Bytes32[] hashes = [.. receipts.Order()];
        var settlement = new Settlement
        {
            Number = place.Number,
            Epoch = place.Epoch,
            ChainBlock = place.ChainBlock,
            Accounts = RootOf([.. rows.Select(row => row.Hash())]),
            Receipts = RootOf(hashes),
            Earned = rows.Aggregate(TokenAmount.Zero, (sum, row) => sum + row.Earned),
            Spent = rows.Aggregate(TokenAmount.Zero, (sum, row) => sum + row.Spent),
        };
        return new SettlementFile
        {
            Format = FormatName,
            Domain = domain,
            Settlement = settlement,
            Compensated = compensated,
            Accounts = rows,
            Receipts = hashes,
        };
    }

    /// <summary>What the settlement says of an account, and the way to its root; null: it has no such account.</summary>
    public (AccountTotals Totals, IReadOnlyList<MerkleStep> Path)? Find(EvmAddress owner)
    {
        var index = FirstNotBelow(Accounts, owner.ToWord(), account => account.Owner.ToWord());
        if (index == Accounts.Count || Accounts[index].Owner != owner)
        {
            return null;
        }
        _accountTree ??= new MerkleBatch([.. Accounts.Select(account => account.Hash())]);
        return (Accounts[index], _accountTree.PathOf(index));
    }

    /// <summary>The way from a receipt to the settlement's root; null: it is not in it.</summary>
    public IReadOnlyList<MerkleStep>? FindReceipt(Bytes32 hash)
    {
        var index = FirstNotBelow(Receipts, hash, receipt => receipt);
        if (index == Receipts.Count || Receipts[index] != hash)
        {
            return null;
        }
        _receiptTree ??= new MerkleBatch([.. Receipts]);
        return _receiptTree.PathOf(index);
    }

    /// <summary>The one text of this settlement, without white space.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, OneText.Json.SettlementFile);

    /// <exception cref="ReceiptFormatException">It is no settlement of this format; the message says what was seen and what is
    /// allowed.</exception>
    public static SettlementFile Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > BytesMax)
        {
            throw new ReceiptFormatException($"It has {json.Length} bytes; a settlement has at most {BytesMax}.");
        }
        SettlementFile file;
        byte[] seen;
        try
        {
            file = JsonSerializer.Deserialize(json, OneText.Json.SettlementFile) ?? throw new ReceiptFormatException("It is null.");
            seen = OneText.WithoutSpace(json);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException)
        {
            throw new ReceiptFormatException(
                $"It is not a settlement of the format '{FormatName}': {FileFault.Describe(malformed)}",
                malformed
            );
        }
        if (file.Format != FormatName)
        {
            throw new ReceiptFormatException($"Its format is '{file.Format}'; this build reads '{FormatName}'.");
        }
        if (file.Accounts.Contains(null!))
        {
            throw new ReceiptFormatException("It has null as an account; accounts are objects.");
        }
        if (file.Accounts.Count > AccountsMax || file.Receipts.Count > ReceiptsMax)
        {
            throw new ReceiptFormatException(
                $"It has {file.Accounts.Count} accounts and {file.Receipts.Count} receipts; at most {AccountsMax} and {ReceiptsMax} fit."
            );
        }
        return seen.AsSpan().SequenceEqual(file.ToJson())
            ? file
            : throw new ReceiptFormatException(
                "It says the same in other characters than the format has: digits in lower case, members in their order, no escapes."
            );
    }

    internal static Bytes32 RootOf(ReadOnlySpan<Bytes32> leaves) => leaves.IsEmpty ? default : new MerkleBatch(leaves).Root;

    private static int FirstNotBelow<TItem>(IReadOnlyList<TItem> items, Bytes32 key, Func<TItem, Bytes32> keyOf)
    {
        var (low, high) = (0, items.Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = keyOf(items[middle]).CompareTo(key) < 0 ? (middle + 1, high) : (low, middle);
        }
        return low;
    }
}
