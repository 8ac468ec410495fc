using System.Collections.Immutable;

namespace Marketplace.Grains;

/// <summary>
/// The sums over all accounts, each put in as it was at some version of its log: balances, holds and transfers that have left their
/// payer and not arrived, and what is to be claimed on a chain, less what is owed, are together what came in from outside and has not
/// gone out. That holds only where each transfer that has arrived is seen to have left as well, and each that was delivered to have
/// arrived: <see cref="Behind"/> says which accounts were looked at too early for that.
/// </summary>
internal sealed class BookSums
{
    private readonly Dictionary<AccountId, Page> _pages = [];
    private readonly Dictionary<(AccountId Payer, AccountId Payee), Pair> _pairs = [];
    private readonly HashSet<(AccountId Account, Need Need)> _met = [];

    public int Accounts => _pages.Count;

    /// <summary>Pairs of accounts of which one has paid the other.</summary>
    public int Pairs => _pairs.Count;

    /// <summary>The version of the account that counts; 0: none was put in.</summary>
    public long VersionOf(AccountId id) => _pages.TryGetValue(id, out var page) ? page.Version : 0;

    /// <summary>An account, for the first time or at a later version.</summary>
    public void Put(AccountId id, long version, AccountState account)
    {
        _pages[id] = new Page(
            Version: version,
            Credited: account.CreditedTotal,
            Withdrawn: account.WithdrawnTotal,
            Debt: account.Debt,
            Available: account.Available,
            Held: account.Held,
            Claimable: account.Claimable
        );
        foreach (var (payee, outgoing) in account.Outgoings)
        {
            var pair = PairOf(id, payee);
            pair.Last = outgoing.Last;
            pair.Pending = [.. outgoing.Pending.Select(transfer => (transfer.Sequence, transfer.Amount))];
        }
        foreach (var (payer, last) in account.Incoming)
        {
            PairOf(payer, id).Arrived = last;
        }
    }

    /// <summary>What each account that was looked at too early must be seen to have done, and may be asked for once.</summary>
    public ILookup<AccountId, Need> Behind()
    {
        var needs = new List<(AccountId Account, Need Need)>();
        foreach (var ((payer, payee), pair) in _pairs)
        {
            if (pair.Arrived > pair.Delivered)
            {
                // A transfer grows until it is sent: also one that is known may have been smaller.
                needs.Add((payer, new Need(payee, pair.Arrived, IsSent: true)));
            }
            else if (pair.Arrived < pair.Delivered)
            {
                needs.Add((payee, new Need(payer, pair.Delivered, IsSent: false)));
            }
        }
        return needs.Where(_met.Add).ToLookup(need => need.Account, need => need.Need);
    }

    public BookTotals Totals()
    {
        var (credited, withdrawn, debt) = (TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero);
        var (available, held, underWay, claimable) = (TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero);
        foreach (var page in _pages.Values)
        {
            (credited, withdrawn, debt) = (credited + page.Credited, withdrawn + page.Withdrawn, debt + page.Debt);
            (available, held, claimable) = (available + page.Available, held + page.Held, claimable + page.Claimable);
        }
        foreach (var pair in _pairs.Values)
        {
            foreach (var (sequence, amount) in pair.Pending)
            {
                underWay += sequence > pair.Arrived ? amount : TokenAmount.Zero;
            }
        }
        return new BookTotals(
            Credited: credited,
            Withdrawn: withdrawn,
            Debt: debt,
            Available: available,
            Held: held,
            UnderWay: underWay,
            Claimable: claimable
        );
    }

    public IReadOnlyList<string> Violations()
    {
        var violations = new List<string>();
        foreach (var ((payer, payee), pair) in _pairs)
        {
            if (pair.Arrived > pair.Last)
            {
                violations.Add($"{payee} has received transfer {pair.Arrived} of {payer}, who has sent {pair.Last}");
            }
            if (pair.Arrived < pair.Delivered)
            {
                violations.Add($"{payee} has received transfer {pair.Arrived} of {payer}, who knows that {pair.Delivered} was delivered");
            }
        }
        if (Totals() is { IsBalanced: false } totals)
        {
            violations.Add($"{totals}");
        }
        return violations;
    }

    private Pair PairOf(AccountId payer, AccountId payee)
    {
        if (!_pairs.TryGetValue((payer, payee), out var pair))
        {
            _pairs.Add((payer, payee), pair = new Pair());
        }
        return pair;
    }

    /// <summary>
    /// A transfer that the account must be seen to have sent to the other, with all that was added to it, or to have received from it.
    /// </summary>
    public readonly record struct Need(AccountId Other, long Sequence, bool IsSent)
    {
        public bool IsMetBy(AccountEvent happened)
        {
            var (other, sequence) = (Other, Sequence);
            return happened switch
            {
                Settled settled => IsSent && settled.Transfers.Any(Is),
                Divided divided => IsSent && divided.Transfers.Any(Is),
                HoldCharged charged => IsSent && charged.Transfers.Any(Is),
                Transferred transferred => IsSent && transferred.To == Other && transferred.Sequence <= Sequence,
                Received received => !IsSent && received.Payer == Other && received.Sequence <= Sequence,
                _ => false,
            };

            bool Is(OutgoingCharge charge) => charge.Payee == other && charge.Sequence <= sequence;
        }
    }

    private readonly record struct Page(
        long Version,
        TokenAmount Credited,
        TokenAmount Withdrawn,
        TokenAmount Debt,
        TokenAmount Available,
        TokenAmount Held,
        TokenAmount Claimable
    );

    private sealed class Pair
    {
        public long Arrived { get; set; }
        public long Last { get; set; }
        public ImmutableArray<(long Sequence, TokenAmount Amount)> Pending { get; set; } = [];

        /// <summary>The last transfer that the payer knows to have arrived.</summary>
        public long Delivered => Pending.IsEmpty ? Last : Pending[0].Sequence - 1;
    }
}

/// <summary>What came in and went out, and where the rest is.</summary>
internal readonly record struct BookTotals(
    TokenAmount Credited,
    TokenAmount Withdrawn,
    TokenAmount Debt,
    TokenAmount Available,
    TokenAmount Held,
    TokenAmount UnderWay,
    TokenAmount Claimable
)
{
    public bool IsBalanced => Inflow == Outflow;

    private TokenAmount Inflow => Credited + Debt;

    private TokenAmount Outflow => Available + Held + UnderWay + Withdrawn + Claimable;

    public override string ToString() =>
        $"{Inflow} came in from outside or is owed, but {Outflow} is there or went out: "
        + $"credited {Credited}, owed {Debt}; available {Available}, held {Held}, under way {UnderWay}, withdrawn {Withdrawn}"
        + (Claimable.IsZero ? "" : $", to be claimed on the chain {Claimable}");
}
