using System.Numerics;
using Marketplace.Receipts;

namespace Marketplace.Verify.Contracts;

/// <summary>What the market says of its accounts: the books, and the rows of the settlements that were made of them.</summary>
internal sealed class PlayBooks(ContractActors actors)
{
    private readonly Dictionary<EvmAddress, (BigInteger Earned, BigInteger Spent)> _books = [];

    /// <summary>The rows of the last settlement, each with its path.</summary>
    public IReadOnlyList<SettledRow> Rows { get; private set; } = [];

    /// <summary>Those of the one before.</summary>
    public IReadOnlyList<SettledRow> OldRows { get; private set; } = [];

    public (BigInteger Earned, BigInteger Spent) Of(EvmAddress person) => _books.GetValueOrDefault(person);

    /// <summary>The settlement was taken.</summary>
    public void Take(Draft draft)
    {
        (OldRows, Rows) = (Rows, draft.Rows);
        foreach (var (person, totals) in draft.Books)
        {
            _books[person] = totals;
        }
    }

    /// <summary>Some of the accounts have paid others since, each from what it has deposited and not withdrawn.</summary>
    public Draft Honest(Random chance)
    {
        var next = actors.Accounts.ToDictionary(person => person, Of);
        for (var payments = chance.Next(6); payments > 0; payments--)
        {
            var (payer, payee) = (Pick(chance), Pick(chance));
            var amount = Part(chance, Free(payer, next) / 3);
            next[payer] = (next[payer].Earned, next[payer].Spent + amount);
            next[payee] = (next[payee].Earned + amount, next[payee].Spent);
        }
        var slashed =
            actors.Escrow.Compensated - next.Values.Aggregate(BigInteger.Zero, (sum, totals) => sum + totals.Earned - totals.Spent);
        var harmed = Pick(chance);
        next[harmed] = (next[harmed].Earned + Part(chance, slashed), next[harmed].Spent);
        var rows = actors.Accounts.Select(person => new AccountTotals(
            person,
            Amount(next[person].Earned),
            Amount(next[person].Spent),
            Amount(chance.Next(3) == 0 ? Part(chance, Free(person, next)) : BigInteger.Zero)
        ));
        return new Draft(next, [.. rows], Sum(next, totals => totals.Earned), Sum(next, totals => totals.Spent));
    }

    /// <summary>Rows that say anything, under sums that the escrow takes: what a committee could sign that lies.</summary>
    public Draft Lie(Random chance)
    {
        var rows = new List<AccountTotals>();
        foreach (var person in actors.Accounts)
        {
            var (earned, spent, held) = (Anything(chance), Anything(chance), chance.Next(2) == 0 ? BigInteger.Zero : Anything(chance));
            rows.Add(new AccountTotals(person, Amount(earned), Amount(spent), Amount(held)));
            if (chance.Next(6) == 0)
            {
                // One account twice.
                rows.Add(new AccountTotals(person, Amount(Anything(chance)), TokenAmount.Zero, TokenAmount.Zero));
            }
        }
        var last = actors.Escrow.Last;
        var spentNow = last.Spent.BaseUnits + Part(chance, actors.Escrow.Held);
        var room = BigInteger.Max(spentNow + actors.Escrow.Compensated - last.Earned.BaseUnits, BigInteger.Zero);
        return new Draft(
            new Dictionary<EvmAddress, (BigInteger, BigInteger)>(),
            [.. rows],
            last.Earned.BaseUnits + Part(chance, room),
            spentNow
        );
    }

    private BigInteger Anything(Random chance) =>
        chance.Next(8) == 0 ? EscrowModel.AmountMax - chance.Next(3)
        : chance.Next(2) == 0 ? chance.Next(5000)
        : BigInteger.Zero;

    private BigInteger Free(EvmAddress person, Dictionary<EvmAddress, (BigInteger Earned, BigInteger Spent)> next)
    {
        var balance = actors.Escrow.BalanceOf(person);
        return balance.Deposited - balance.Withdrawn - next[person].Spent;
    }

    private EvmAddress Pick(Random chance) => actors.Accounts[chance.Next(actors.Accounts.Count)];

    private static BigInteger Part(Random chance, BigInteger most) =>
        most.Sign <= 0 ? BigInteger.Zero
        : chance.Next(8) == 0 ? most
        : most * chance.Next(1000) / 1000;

    private static BigInteger Sum(
        Dictionary<EvmAddress, (BigInteger Earned, BigInteger Spent)> books,
        Func<(BigInteger Earned, BigInteger Spent), BigInteger> part
    ) => books.Values.Aggregate(BigInteger.Zero, (sum, totals) => sum + part(totals));

    private static TokenAmount Amount(BigInteger amount) => new((UInt128)amount);

    /// <summary>A settlement that was not made yet.</summary>
    internal sealed class Draft
    {
        public Draft(
            IReadOnlyDictionary<EvmAddress, (BigInteger Earned, BigInteger Spent)> books,
            AccountTotals[] rows,
            BigInteger earned,
            BigInteger spent
        )
        {
            var tree = new MerkleBatch([.. rows.Select(row => row.Hash())]);
            (Books, Root, Earned, Spent) = (books, tree.Root, Amount(earned), Amount(spent));
            Rows = [.. rows.Select((row, index) => new SettledRow(row, tree.PathOf(index)))];
        }

        /// <summary>What the books then say; nothing where they are a lie.</summary>
        public IReadOnlyDictionary<EvmAddress, (BigInteger Earned, BigInteger Spent)> Books { get; }

        public Bytes32 Root { get; }

        public TokenAmount Earned { get; }

        public TokenAmount Spent { get; }

        public IReadOnlyList<SettledRow> Rows { get; }
    }
}
