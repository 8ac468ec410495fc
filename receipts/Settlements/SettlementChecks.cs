using static Marketplace.Receipts.ReceiptChecks;

namespace Marketplace.Receipts;

/// <summary>Checks a settlement offline, by SETTLEMENT.md: what a member of the committee does before it signs.</summary>
public static class SettlementChecks
{
    /// <param name="file">What is looked at.</param>
    /// <param name="earlier">A settlement that the verifier has signed or believes; null: nothing is compared with it.</param>
    /// <returns>Every check, in a fixed order. The settlement is good where none is <see cref="CheckResult.Broken"/>.</returns>
    public static IReadOnlyList<ReceiptCheck> Of(SettlementFile file, SettlementFile? earlier = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        return
        [
            Order(file),
            Roots(file),
            Sums(file),
            earlier is null ? NotChecked("history", "There is no earlier settlement to compare it with.") : History(file, earlier),
            NotChecked("books", "That the rows are what the accounts have earned and spent is the market's word."),
        ];
    }

    private static ReceiptCheck Order(SettlementFile file)
    {
        const string Name = "order";
        for (var index = 1; index < file.Accounts.Count; index++)
        {
            if (file.Accounts[index].Owner.ToWord().CompareTo(file.Accounts[index - 1].Owner.ToWord()) <= 0)
            {
                return Broken(Name, $"Account {file.Accounts[index].Owner} is not above the one before it.");
            }
        }
        for (var index = 1; index < file.Receipts.Count; index++)
        {
            if (file.Receipts[index].CompareTo(file.Receipts[index - 1]) <= 0)
            {
                return Broken(Name, $"Receipt {file.Receipts[index]} is not above the one before it.");
            }
        }
        return Holds(Name, $"{file.Accounts.Count} accounts and {file.Receipts.Count} receipts ascend, each there once.");
    }

    private static ReceiptCheck Roots(SettlementFile file)
    {
        const string Name = "roots";
        var accounts = SettlementFile.RootOf([.. file.Accounts.Select(account => account.Hash())]);
        var receipts = SettlementFile.RootOf([.. file.Receipts]);
        return accounts == file.Settlement.Accounts && receipts == file.Settlement.Receipts
            ? Holds(Name, "The roots are those of the accounts and of the receipts.")
            : Broken(Name, $"The accounts have the root {accounts} and the receipts {receipts}; the settlement says others.");
    }

    private static ReceiptCheck Sums(SettlementFile file)
    {
        const string Name = "sums";
        var (earned, spent) = (System.Numerics.BigInteger.Zero, System.Numerics.BigInteger.Zero);
        foreach (var account in file.Accounts)
        {
            (earned, spent) = (earned + account.Earned.BaseUnits, spent + account.Spent.BaseUnits);
        }
        return earned != file.Settlement.Earned.BaseUnits || spent != file.Settlement.Spent.BaseUnits
                ? Broken(Name, $"The accounts have earned {earned} and spent {spent}; the settlement says otherwise.")
            : earned > spent + file.Compensated.BaseUnits
                ? Broken(Name, $"The accounts have earned {earned}, more than the {spent} spent and {file.Compensated} slashed.")
            : Holds(Name, $"The accounts have earned {earned} of the {spent} that were spent.");
    }

    /// <summary>What was earned or spent once stays so.</summary>
    private static ReceiptCheck History(SettlementFile file, SettlementFile earlier)
    {
        const string Name = "history";
        var (now, then) = (file.Settlement, earlier.Settlement);
        if (file.Domain != earlier.Domain || now.Number <= then.Number || now.Epoch < then.Epoch || now.ChainBlock < then.ChainBlock)
        {
            return Broken(
                Name,
                $"Settlement {now.Number} of epoch {now.Epoch} at block {now.ChainBlock} does not follow settlement {then.Number} of epoch "
                    + $"{then.Epoch} at block {then.ChainBlock}, or is of another market."
            );
        }
        foreach (var before in earlier.Accounts)
        {
            var after = file.Find(before.Owner)?.Totals;
            if (after is null || after.Earned < before.Earned || after.Spent < before.Spent)
            {
                return Broken(
                    Name,
                    $"Account {before.Owner} had earned {before.Earned} and spent {before.Spent} by settlement {then.Number}; now it has "
                        + (after is null ? "no row." : $"earned {after.Earned} and spent {after.Spent}.")
                );
            }
        }
        return Holds(Name, $"No account has earned or spent less than by settlement {then.Number}.");
    }
}
