using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Support;

/// <summary>
/// A market that settles on a chain, as the events of its accounts alone: some accounts deposit, hold, settle, stake, lose stakes, send,
/// withdraw and have deposits taken back, as chance says. Transfers arrive at some time. Between any two steps an account is read again
/// from its events or from a snapshot, as after a crash. What came in and went out is counted beside the books.
/// </summary>
internal sealed class ChainWalk
{
    private readonly SeededChance _chance;
    private readonly bool _hasReversals;
    private readonly Member[] _members;
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private int _names;
    private int _cursor;
    private TokenAmount _claims;

    /// <summary>All that ever came to the escrow of liars' stakes: it stands behind what is claimed.</summary>
    private TokenAmount _slashed;
    private TokenAmount _spendings;

    public ChainWalk(SeededChance chance, int accounts, bool hasReversals)
    {
        (_chance, _hasReversals) = (chance, hasReversals);
        _members = [.. Enumerable.Range(0, accounts).Select(number => new Member(TestMarket.Id($"walker {number}")))];
        // Some accounts begin with a payment, not with their owner.
        foreach (var member in _members.Skip(1))
        {
            member.Open(_now);
        }
    }

    /// <summary>Readings of all accounts in two passes that came to an end.</summary>
    public int Readings { get; private set; }

    /// <summary>What is wrong now.</summary>
    public List<string> Violations { get; } = [];

    public TokenAmount Claimable => Sum(member => member.State.Claimable);

    /// <summary>What the chain holds of liars' stakes for all of them.</summary>
    private TokenAmount Compensated =>
        Sum(member => member.Compensations.Aggregate(TokenAmount.Zero, (sum, compensation) => sum + compensation.Amount));

    public void Step()
    {
        _now += TimeSpan.FromSeconds(1);
        Move(_members[_chance.Below(_members.Length)]);
        if (_chance.Below(3) == 0)
        {
            Deliver();
        }
        if (_chance.Below(4) == 0)
        {
            var member = _members[_chance.Below(_members.Length)];
            member.Reload(fromSnapshot: _chance.Below(2) == 0, violation => Violations.Add(violation));
        }
        Read();
        Check();
    }

    /// <summary>All that is under way arrives.</summary>
    public void Settle()
    {
        while (Deliver()) { }
        Check();
        Require(
            Claimable == Sum(member => member.State.PaidTotal) + Compensated,
            "nothing is under way, and claims are not what was spent"
        );
    }

    private void Move(Member member)
    {
        switch (_chance.Below(_hasReversals ? 11 : 9))
        {
            case 0:
                var deposit = new Credited($"deposit {++_names}", Amount(100), _now, _now);
                member.Deposits.Add(deposit);
                member.Deposited += deposit.Amount;
                member.Append(deposit);
                break;
            case 1 when !member.State.Available.IsZero:
                var debit = new Debited($"payout {++_names}", Part(member.State.Available), _now, _now);
                member.Withdrawn += debit.Amount;
                member.Append(debit);
                break;
            case 2 when member.Key is { } key:
                var job = new HoldItem(IdDerivation.Job(member.Id, $"{++_names}"), Amount(40));
                member.Append(AccountRules.Hold(member.State, key, [job], _now).Held);
                break;
            case 3 when member.State.Holds.Count > 0:
                EndJob(member);
                break;
            case 4 when member.Key is { } key:
                var stake = new HoldId(HoldPurpose.Stake, IdDerivation.Job(member.Id, $"{++_names}").Value);
                var amount = Amount(60);
                member.Append(
                    AccountRules.Refusal(member.State, key, amount) is null ? new FundsSetAside(stake, key.Id, amount, _now) : null
                );
                break;
            case 5 when member.State.Funds.Count > 0:
                Slash(member);
                break;
            case 6 when member.State.Funds.Count > 0:
                EndStake(member);
                break;
            case 7 when member.Key is { } key:
                Send(member, key);
                break;
            case 8:
                var given = new Compensated($"loss {++_names}", Amount(20), _now, _now);
                member.Compensations.Add(given);
                _slashed += given.Amount;
                member.Append(given);
                break;
            case 9 when member.Compensations.Count > 0:
                var lost = member.Compensations[_chance.Below(member.Compensations.Count)];
                member.Compensations.Remove(lost);
                member.Append(new CompensationReversed(lost.Operation, lost.Amount, _now, _now));
                break;
            case 10 when member.Deposits.Count > 0:
                var taken = member.Deposits[_chance.Below(member.Deposits.Count)];
                member.Deposits.Remove(taken);
                member.Withdrawn += taken.Amount;
                member.Append(new CreditReversed(taken.Operation, taken.Amount, _now, _now));
                break;
            default:
                break;
        }
    }

    private void EndJob(Member member)
    {
        var (job, hold) = member.State.Holds.ElementAt(_chance.Below(member.State.Holds.Count));
        var settlement = new JobSettlement(
            Job: job,
            Payer: member.Id,
            Payee: Anybody(),
            Charge: Amount(50),
            HeldAt: hold.First,
            Status: JobStatus.Completed
        )
        {
            Shares = [new PayeeAmount(Anybody(), Amount(20)), new PayeeAmount(member.Id, Amount(5))],
        };
        member.Append(AccountRules.Settle(member.State, member.Id, [settlement]));
    }

    private void Slash(Member member)
    {
        var (id, hold) = member.State.Funds.ElementAt(_chance.Below(member.State.Funds.Count));
        var part = new HoldCharge(
            id,
            hold.First,
            hold.Charges + 1,
            [new PayeeAmount(Anybody(), Amount(9)), new PayeeAmount(Anybody(), Amount(9))]
        );
        member.Append(AccountRules.ChargeHold(member.State, member.Id, part));
    }

    private void EndStake(Member member)
    {
        var (id, hold) = member.State.Funds.ElementAt(_chance.Below(member.State.Funds.Count));
        var settlement = new SharedSettlement(
            id,
            hold.First,
            Amount(80),
            [new PayeeShare(Anybody(), 2), new PayeeShare(Anybody(), 1), new PayeeShare(_chance.Below(3) == 0 ? null : member.Id, 2)],
            Anybody()
        )
        {
            Amounts = [new PayeeAmount(Anybody(), Amount(10))],
        };
        var divided = AccountRules.SettleShared(member.State, member.Id, settlement)!;
        member.Withdrawn += divided.ToOutside;
        member.Append(divided);
    }

    private void Send(Member member, AccountKey key)
    {
        var order = new TransferOrder($"order {++_names}", Anybody(), Amount(30), null);
        if (order.To != member.Id && AccountRules.MayTransfer(member.State, key, order.Amount))
        {
            member.Append(AccountRules.Transfer(member.State, key, order, _now, _now));
        }
    }

    /// <returns>Whether anything was under way.</returns>
    private bool Deliver()
    {
        var from = _chance.Below(_members.Length);
        foreach (var payer in _members.Skip(from).Concat(_members.Take(from)))
        {
            foreach (var (id, outgoing) in payer.State.Outgoings.Where(pair => !pair.Value.IsEmpty))
            {
                var transfer = outgoing.First;
                transfer.Sent = true;
                var payee = _members.Single(member => member.Id == id);
                if (payee.State.Incoming.GetValueOrDefault(payer.Id) < transfer.Sequence)
                {
                    payee.Append(new Received(payer.Id, transfer.Sequence, transfer.Amount));
                }
                // Else it was sent again.
                if (_chance.Below(3) > 0)
                {
                    payer.Append(new Delivered(id, transfer.Sequence));
                }
                return true;
            }
        }
        return false;
    }

    /// <summary>One account is read: first the claims of all, then what all have spent and hold, while money moves.</summary>
    private void Read()
    {
        if (_chance.Below(2) == 0)
        {
            return;
        }
        var member = _members[_cursor % _members.Length];
        var totals = member.State.ToTotals();
        if (_cursor < _members.Length)
        {
            _claims += totals.Claimable;
        }
        else
        {
            _spendings += totals.Spent;
            member.Bound = totals.Spent + totals.Held;
        }
        if (++_cursor < 2 * _members.Length)
        {
            return;
        }
        Require(
            _claims <= _spendings + _slashed,
            $"{_claims} was claimed of {_spendings} that was spent and {_slashed} slashed, read while money moved"
        );
        if (!_hasReversals)
        {
            var (deposited, withdrawn) = (Sum(one => one.Deposited), Sum(one => one.Withdrawn));
            var withdrawable = Sum(one => one.Withdrawable);
            Require(
                withdrawable + _claims + withdrawn <= deposited + _slashed,
                $"{withdrawable} and {_claims} are more than the deposits {deposited} and the slashed {_slashed}"
            );
        }
        (_cursor, _claims, _spendings) = (0, TokenAmount.Zero, TokenAmount.Zero);
        Readings++;
    }

    private void Check()
    {
        Violations.AddRange(AccountInvariants.Violations(_members.ToDictionary(member => member.Id, member => member.State)));
        foreach (var member in _members)
        {
            var state = member.State;
            var there = state.PaidTotal + state.Held + state.Available + member.Withdrawn;
            Require(
                member.Deposited + state.Debt == there,
                $"{member.Id} has deposited {member.Deposited} and owes {state.Debt}, but {there} was spent, is there or was taken out"
            );
        }
        var paid = Sum(member => member.State.PaidTotal);
        var underWay = Sum(member => member.State.UnderWay);
        Require(Claimable <= paid + Compensated, $"{Claimable} is claimed of {paid} that was spent and {Compensated} compensated");
        // What has arrived may be known as under way still.
        Require(Claimable + underWay >= paid + Compensated, $"{paid} was spent, but {Claimable} is claimed and {underWay} under way");
    }

    private void Require(bool holds, string violation)
    {
        if (!holds)
        {
            Violations.Add(violation);
        }
    }

    private TokenAmount Sum(Func<Member, TokenAmount> amount) =>
        _members.Aggregate(TokenAmount.Zero, (sum, member) => sum + amount(member));

    private AccountId Anybody() => _members[_chance.Below(_members.Length)].Id;

    private TokenAmount Amount(int most) => new((UInt128)(1 + _chance.Below(most)));

    private TokenAmount Part(TokenAmount all) => TokenAmount.Min(all, Amount(50));

    /// <summary>An account, and what an outsider knows of it.</summary>
    private sealed class Member(AccountId id)
    {
        private readonly List<ReadOnlyMemory<byte>> _log = [];

        public AccountId Id => id;

        public AccountState State { get; private set; } = new();

        public AccountKey? Key => State.Keys.Values.FirstOrDefault();

        /// <summary>Those that were not taken back.</summary>
        public List<Credited> Deposits { get; } = [];

        /// <summary>Those that were not taken back.</summary>
        public List<Compensated> Compensations { get; } = [];

        public TokenAmount Deposited { get; set; }

        public TokenAmount Withdrawn { get; set; }

        /// <summary>What was spent and held when it was last read.</summary>
        public TokenAmount Bound { get; set; }

        /// <summary>What the chain gives back of the deposits by that.</summary>
        public TokenAmount Withdrawable => Deposited > Bound + Withdrawn ? Deposited - Bound - Withdrawn : TokenAmount.Zero;

        public void Open(DateTimeOffset at) => Append(new KeyCreated("mk01", "key", Scopes.Submit, null, at));

        /// <param name="happened">Null: nothing did.</param>
        public void Append(AccountEvent? happened)
        {
            if (happened is null)
            {
                return;
            }
            foreach (var one in _log.Count == 0 ? [new EarningsGoToChain(), happened] : new[] { happened })
            {
                _log.Add(AccountEventCodec.Write(one));
                State.Apply(one);
            }
        }

        /// <summary>As another activation does it.</summary>
        public void Reload(bool fromSnapshot, Action<string> violate)
        {
            var before = AccountSnapshotCodec.Write(State);
            var replayed = new AccountState();
            foreach (var entry in _log)
            {
                replayed.Apply(AccountEventCodec.Read(entry.Span));
            }
            var restored = _log.Count > 0 ? AccountSnapshotCodec.Read(before.Span) : replayed;
            if (Show(replayed) != Show(State) || Show(restored) != Show(State))
            {
                violate($"account {id} is {Show(State)}, by its events {Show(replayed)}, by a snapshot {Show(restored)}");
            }
            State = fromSnapshot ? restored : replayed;
            foreach (var transfer in State.Outgoings.Values.SelectMany(outgoing => outgoing.Pending))
            {
                transfer.Sent = true;
            }
        }

        private static string Show(AccountState state) =>
            $"{state.ToView(default)} {state.ToTotals()} {state.CreditedTotal} {state.WithdrawnTotal} {state.Operations.Count} "
            + string.Join(' ', state.Holds.Select(pair => $"{pair.Key} {pair.Value.Amount}").Order(StringComparer.Ordinal))
            + string.Join(' ', state.Funds.Select(pair => $"{pair.Key} {pair.Value.Amount}").Order(StringComparer.Ordinal));
    }
}
