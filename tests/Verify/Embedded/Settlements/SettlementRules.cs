using Marketplace.Grains;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Verify.Settlements;

/// <summary>What the chain says at the end, beside what the books of the stopped silo say. Each rule lists all its violations.</summary>
/// <param name="chain">As it is now.</param>
/// <param name="store">The silo's, read from its files.</param>
internal sealed class SettlementRules(SettlingChain chain, EmbeddedStore store)
{
    private readonly List<string> _violations = [];

    public static async Task<IReadOnlyList<string>> Check(SettlingMarket market)
    {
        await using var store = EmbeddedStore.Open(
            Path.Combine(market.Data, "store"),
            new EmbeddedStoreOptions { Projections = MarketProjections.All },
            TimeProvider.System
        );
        var books = await Tests.Books.Read(store, market.Folders);
        var rules = new SettlementRules(market.Chain, store);
        rules._violations.AddRange(books.Violations);
        await rules.CheckParties(market.Parties);
        await rules.CheckSettlements(market);
        return rules._violations;
    }

    private async Task CheckParties(IReadOnlyList<SettlingParty> parties)
    {
        var (deposited, withdrawn, claimed) = (TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero);
        foreach (var party in parties)
        {
            var balance = await chain.BalanceOf(party.Address);
            (deposited, withdrawn, claimed) = (deposited + balance.Deposited, withdrawn + balance.Withdrawn, claimed + balance.Claimed);
            await CheckParty(party, balance);
        }
        var (owed, has) = await chain.Pot();
        Expect(
            owed == deposited - withdrawn - claimed,
            $"The escrow owes {owed}; {deposited} came in, {withdrawn} and {claimed} went out."
        );
        Expect(has == owed, $"The escrow has {has} tokens and owes {owed}.");
    }

    private async Task CheckParty(SettlingParty party, Marketplace.Chain.ChainBalance balance)
    {
        var name = party.Name;
        var account = await Replay(party.Id);
        var (credited, debited, reversed) = await Operations(party.Id);
        var known = new StoredDocument<ChainAccountState>(store, ChainAccountState.KeyOf(party.Address), ChainAccountState.Form);
        await known.Load();
        var inBooks = credited - debited - reversed;
        var onChain = balance.Deposited - balance.Withdrawn;
        Expect(known.Value is not null, $"{name}: the market does not know its address.");
        if (known.Value is { } state)
        {
            Expect(state.Pending is null, $"{name}: an operation is pending: {state.Pending}.");
            Expect(state.Deposited == onChain, $"{name}: {onChain} is deposited on the chain, and the market counts {state.Deposited}.");
            Expect(state.Booked == inBooks, $"{name}: {inBooks} is in the books, and the market counts {state.Booked}.");
        }
        Expect(balance.Requested.IsZero, $"{name}: a request of {balance.Requested} is open.");
        Expect(inBooks == onChain, $"{name}: {onChain} is deposited on the chain, and {inBooks} came into the books.");
        Expect(account.Claimable == balance.Claimed, $"{name}: it has earned {account.Claimable} and claimed {balance.Claimed} of it.");
        Expect(
            account.Available + account.Held + account.PaidTotal == inBooks + account.Debt,
            $"{name}: {inBooks} came in and {account.Debt} is owed; {account.Available} is available, {account.Held} held, "
                + $"{account.PaidTotal} paid."
        );
        Expect(account.Held.IsZero, $"{name}: {account.Held} is held, and all jobs have ended.");
    }

    /// <summary>Each number once, and nothing of the operator's had effect but them.</summary>
    private async Task CheckSettlements(SettlingMarket market)
    {
        var settled = (await chain.Settled()).Select(settlement => settlement.Number).ToArray();
        Expect(
            settled.SequenceEqual(Enumerable.Range(1, settled.Length).Select(number => (ulong)number)),
            $"The chain has the settlements {string.Join(", ", settled)}."
        );
        var past = market.Steps.Settlement?.Past ?? [];
        var numbers = past.Select(books => books.Settlement.Number).ToArray();
        Expect(
            numbers.Zip(numbers.Skip(1)).All(pair => pair.First + 1 == pair.Second),
            $"The market has the settlements {string.Join(", ", numbers)}."
        );
        Expect(
            past.LastOrDefault()?.Settlement == await chain.Last(),
            $"The last settlement of the market is {past.LastOrDefault()?.Settlement}; that of the chain is {await chain.Last()}."
        );
        var strange = past.Where(books => books.Transaction == default).Select(books => books.Settlement.Number).ToArray();
        Expect(strange.Length == 0, $"The market does not know by which transaction it has settled {string.Join(", ", strange)}.");
        var last = past.LastOrDefault();
        var (earned, spent) = (TokenAmount.Zero, TokenAmount.Zero);
        foreach (var party in market.Parties)
        {
            var account = await Replay(party.Id);
            (earned, spent) = (earned + account.Claimable, spent + account.PaidTotal);
        }
        Expect(
            last is not null && last.Settlement.Earned == earned && last.Settlement.Spent == spent,
            $"The books say that {earned} was earned and {spent} spent; the last settlement {last?.Settlement}."
        );
    }

    private async Task<AccountState> Replay(AccountId id)
    {
        var account = new AccountState();
        await foreach (var entry in store.Read($"account/{id}"))
        {
            account.Apply(AccountEventCodec.Read(entry.Content.Span));
        }
        return account;
    }

    /// <summary>What the chain's operations did to an account, each once by its own name.</summary>
    private async Task<(TokenAmount Credited, TokenAmount Debited, TokenAmount Reversed)> Operations(AccountId id)
    {
        var (credited, debited, reversed) = (TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero);
        var names = new HashSet<string>();
        await foreach (var entry in store.Read($"account/{id}"))
        {
            switch (AccountEventCodec.Read(entry.Content.Span))
            {
                case Credited came:
                    Expect(names.Add(came.Operation), $"{id}: {came.Operation} was credited twice.");
                    credited += came.Amount;
                    break;
                case Debited went:
                    Expect(names.Add(went.Operation), $"{id}: {went.Operation} was debited twice.");
                    debited += went.Amount;
                    break;
                case CreditReversed lost when names.Contains(lost.Operation):
                    Expect(names.Add($"-{lost.Operation}"), $"{id}: {lost.Operation} was taken back twice.");
                    reversed += lost.Amount;
                    break;
                default:
                    break;
            }
        }
        return (credited, debited, reversed);
    }

    private void Expect(bool holds, string violation)
    {
        if (!holds)
        {
            _violations.Add(violation);
        }
    }
}
