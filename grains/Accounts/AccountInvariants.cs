namespace Marketplace.Grains;

/// <summary>What holds for every account at every moment, and for all of them together.</summary>
internal static class AccountInvariants
{
    /// <returns>All violations; empty when the account's books are sound.</returns>
    public static IReadOnlyList<string> Violations(AccountState account)
    {
        var violations = new List<string>();
        var holds = account.Holds.Values.Concat(account.Funds.Values);
        Check(Sum(holds.Select(hold => hold.Amount)) == account.Held, $"the holds do not add up to {account.Held}");
        Check(Sum(account.Keys.Values.Select(key => key.Held)) == account.Held, $"the keys' holds do not add up to {account.Held}");
        Check(Sum(account.Keys.Values.Select(key => key.Spent)) == account.Spent, $"the keys' charges do not add up to {account.Spent}");
        var inflow = account.CreditedTotal + account.ReceivedTotal + account.Debt;
        var outflow = account.Available + account.Held + account.SentTotal + account.WithdrawnTotal + account.Claimable;
        Check(inflow == outflow, $"{inflow} came in or is owed, but {outflow} is there or was sent");
        CheckChain(account, Check);
        Check(account.Debt.IsZero || account.Available.IsZero, $"{account.Available} is available beside a debt of {account.Debt}");
        Check(account.UnderWay <= account.SentTotal, $"{account.UnderWay} is under way of {account.SentTotal} sent in all");
        foreach (var (payee, outgoing) in account.Outgoings)
        {
            var sequences = outgoing.Pending.Select(transfer => transfer.Sequence).ToArray();
            Check(sequences.Zip(sequences.Skip(1)).All(pair => pair.First + 1 == pair.Second), $"the transfers to {payee} have gaps");
            Check(sequences is [] || sequences[^1] == outgoing.Last, $"the last transfer to {payee} is not the newest");
        }

        foreach (var key in account.Keys.Values)
        {
            Check(
                key.SpendLimit is not { } limit || key.Spent + key.Held <= limit,
                $"key {key.Id} spent and holds more than its limit {key.SpendLimit}"
            );
        }
        Check(account.Holds.Count <= AccountPolicy.OpenJobsMax, $"{account.Holds.Count} jobs are open");
        return violations;

        void Check(bool holds, string violation)
        {
            if (!holds)
            {
                violations.Add(violation);
            }
        }
    }

    /// <summary>
    /// With the sum above it follows: what came in from outside, less what was paid to accounts, is on hold, available or withdrawn, and
    /// nothing that was earned is in it.
    /// </summary>
    private static void CheckChain(AccountState account, Action<bool, string> check)
    {
        var claimed = account.EarnsOnChain ? account.Earned + account.CompensatedTotal : TokenAmount.Zero;
        check(account.Claimable == claimed, $"{account.Claimable} is to be claimed on the chain, and {claimed} was earned or compensated");
        check(
            account.EarnsOnChain || account.CompensatedTotal.IsZero,
            $"{account.CompensatedTotal} was compensated in a market that settles on no chain"
        );
        if (!account.EarnsOnChain)
        {
            return;
        }
        var spent = account.Spent + account.ReceivedTotal;
        var paid = account.SentTotal + account.Earned;
        check(
            paid <= spent && spent <= paid + account.WithdrawnTotal,
            $"{spent} was spent or received, but {paid} was sent or earned, and {account.WithdrawnTotal} withdrawn"
        );
    }

    /// <returns>All violations of each account, and of all together.</returns>
    public static IReadOnlyList<string> Violations(IReadOnlyDictionary<AccountId, AccountState> all)
    {
        var violations = all.SelectMany(pair => Violations(pair.Value).Select(violation => $"{pair.Key}: {violation}")).ToList();
        var sums = new BookSums();
        foreach (var (id, account) in all)
        {
            sums.Put(id, version: 0, account);
        }
        return [.. violations, .. sums.Violations()];
    }

    private static TokenAmount Sum(IEnumerable<TokenAmount> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, amount) => sum + amount);
}
