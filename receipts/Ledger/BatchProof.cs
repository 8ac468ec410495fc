using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Marketplace.Receipts;

/// <summary>
/// That the market's ledger names what a committee has signed: the content of a <c>.batch.json</c>, by LEDGER.md. There is one text for
/// each.
/// </summary>
public sealed record BatchProof
{
    public const string FormatName = "marketplace receipt batch 1";

    private const string Name = "ledger";

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    public required MarketDomain Domain { get; init; }

    /// <summary>What the committee has signed: the root over its receipts.</summary>
    public required Bytes32 Root { get; init; }

    /// <summary>From there to the root that the operation has.</summary>
    public required IReadOnlyList<PathStep> Path { get; init; }

    /// <summary>The market's operation of the kind <c>receipt_batch</c>, in its place.</summary>
    public required LedgerRecord Record { get; init; }

    /// <summary>That the record is in the ledger.</summary>
    public required LedgerProof Proof { get; init; }

    /// <summary>Of that ledger. Keep it: later heads must agree with it.</summary>
    public required LedgerHeadFile Head { get; init; }

    /// <summary>
    /// What a committee has signed for a receipt, or for the earlier one that answered its job; null: no committee has signed either.
    /// </summary>
    public static Bytes32? RootOf(ReceiptFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var signed = file.Reuse?.Earlier ?? file;
        return signed.Certificate is { } certificate && PathStep.TryRead(certificate.Path, out var steps)
            ? MerkleBatch.RootOf(signed.Receipt.Hash(), steps)
            : null;
    }

    /// <summary>Whether it proves that what a committee has signed for the receipt stands in its market's ledger.</summary>
    internal ReceiptCheck Check(ReceiptFile file)
    {
        if (RootOf(file) is not { } root)
        {
            return ReceiptChecks.Broken(Name, "No committee has signed the receipt, so no batch in the ledger has it.");
        }
        if (root != Root)
        {
            return ReceiptChecks.Broken(Name, $"The proof is of the root {Root}; the receipt's committee has signed {root}.");
        }
        if (Domain != file.Domain || Head.Domain != file.Domain)
        {
            return ReceiptChecks.Broken(Name, $"The proof is of the market {Domain.Market}, the receipt of {file.Domain.Market}.");
        }
        return Refusal((file.Reuse?.Earlier ?? file).Receipt.Epoch) is { } refusal
            ? ReceiptChecks.Broken(Name, refusal)
            : ReceiptChecks.Holds(
                Name,
                $"Record {Record.Index} of the market's ledger, which had {Head.Head.Size}, names what the committee has signed."
            );
    }

    private string? Refusal(ulong epoch)
    {
        var operation = Record.Operation;
        if (operation.Kind != LedgerKinds.ReceiptBatch || operation.Namespace != LedgerName.Market)
        {
            return $"Its record is of the kind '{operation.Kind}' in '{operation.Namespace}', not a batch of receipts of the market.";
        }
        if (operation.Author != Domain.Market || !Record.IsSigned(Domain))
        {
            return "The market has not signed the operation of its record.";
        }
        var words = operation.Subject.ToDictionary(word => word.Name, word => word.Value);
        if (words["epoch"] != epoch.ToString(CultureInfo.InvariantCulture))
        {
            return $"Its record is of epoch {words["epoch"]}, the receipt of epoch {epoch}.";
        }
        if (!TryRoot(UInt128.Parse(words["count"], CultureInfo.InvariantCulture), out var root) || root != words["root"])
        {
            return $"Its path does not lead from the committee's root to {words["root"]}, which the record has.";
        }
        var (head, proof) = (Head.Head, Proof);
        if (head.Namespace != LedgerName.Market || !Head.IsSigned())
        {
            return "The market has not signed the head of its ledger.";
        }
        return
            proof.From == Record.Index
            && proof.Size == head.Size
            && MerkleLog.RootOf(Record.Hash(), proof.From, proof.Size, proof.Hashes) == head.Root
            ? null
            : $"The hashes do not prove that the record is in the ledger of {head.Size} records with the root {head.Root}.";
    }

    /// <summary>Above so many leaves, so many steps lead to the root at most.</summary>
    private static int LevelsOf(UInt128 count) => count == 0 ? -1 : (int)UInt128.Log2(count) + (UInt128.IsPow2(count) ? 0 : 1);

    private bool TryRoot(UInt128 count, [NotNullWhen(true)] out string? root)
    {
        root = PathStep.TryRead(Path, out var steps) && steps.Count <= LevelsOf(count) ? MerkleBatch.RootOf(Root, steps).ToString() : null;
        return root is not null;
    }
}
