using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// An account as its events make it. Pure: the same events give the same state. All arithmetic is checked, so an event that would break the
/// books throws instead.
/// </summary>
internal sealed class AccountState
{
    /// <summary>False until the first credit, transfer or key.</summary>
    public bool IsOpen { get; set; }
    public TokenAmount Available { get; set; }
    public TokenAmount Held { get; set; }
    public TokenAmount Earned { get; set; }
    public TokenAmount Spent { get; set; }

    /// <summary>All that came in from outside.</summary>
    public TokenAmount CreditedTotal { get; set; }

    /// <summary>All that went out, or was taken back.</summary>
    public TokenAmount WithdrawnTotal { get; set; }

    /// <summary>Of what was taken back, what was spent or held already. All that becomes available pays it first.</summary>
    public TokenAmount Debt { get; set; }

    /// <summary>All that came in from other accounts.</summary>
    public TokenAmount ReceivedTotal { get; set; }

    /// <summary>All that was charged for other accounts, arrived or under way.</summary>
    public TokenAmount SentTotal { get; set; }

    /// <summary>The market settles on a chain: what the account earns is claimed there, and never becomes available here.</summary>
    public bool EarnsOnChain { get; set; }

    /// <summary>
    /// All that was earned to be claimed on the chain, and what the chain holds for the account of liars' stakes. It decreases only where
    /// the chain has lost such a compensation: the chain knows what was claimed of it.
    /// </summary>
    public TokenAmount Claimable { get; set; }

    /// <summary>Of what is claimable, what comes from liars' stakes.</summary>
    public TokenAmount CompensatedTotal { get; set; }

    /// <summary>All that was charged for accounts, this one among them: what was spent, without what left the marketplace.</summary>
    public TokenAmount PaidTotal => SentTotal + (Earned - ReceivedTotal);

    /// <summary>The moment of the newest hold: the next one is later, because a hold is known by its moment.</summary>
    public DateTimeOffset LastHeldAt { get; set; }

    /// <summary>The moment of the newest challenge that was used: none of it or of an earlier moment is taken again.</summary>
    public DateTimeOffset LastChallenge { get; set; }

    public Dictionary<JobId, Hold> Holds { get; } = [];
    public Dictionary<AccountId, Outgoing> Outgoings { get; } = [];

    /// <summary>The sequence of the last transfer from each payer.</summary>
    public Dictionary<AccountId, long> Incoming { get; } = [];
    public Dictionary<string, AccountKey> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>Which workers and owners get no jobs of the account.</summary>
    public RefusalList Refusals { get; set; } = RefusalList.None;

    /// <summary>Holds that are not for jobs.</summary>
    public Dictionary<HoldId, Hold> Funds { get; } = [];

    /// <summary>Credits without a moment, remembered for ever.</summary>
    public HashSet<string> Credits { get; } = new(StringComparer.Ordinal);
    public AccountOperations Operations { get; } = new();

    /// <summary>
    /// What earlier builds counted in the account's log. <see cref="StorageQuotaGrain"/> carries it over; until then it stays in snapshots.
    /// </summary>
    public KeptBlobs Storage { get; set; } = new();

    public TokenAmount UnderWay => Outgoings.Values.Aggregate(TokenAmount.Zero, (sum, outgoing) => sum + outgoing.UnderWay);

    public Hold? FindHold(HoldId id) =>
        id.Purpose == HoldPurpose.Job ? Holds.GetValueOrDefault(new JobId(id.Value)) : Funds.GetValueOrDefault(id);

    public void Apply(AccountEvent happened)
    {
        switch (happened)
        {
            case Credited credited:
                Apply(credited);
                break;
            case Held held:
                Apply(held);
                break;
            case HoldsRenewed renewed:
                Apply(renewed);
                break;
            case Settled settled:
                Apply(settled);
                break;
            case Debited debited:
                Apply(debited);
                break;
            case CreditReversed reversed:
                Apply(reversed);
                break;
            case Compensated compensated:
                Apply(compensated);
                break;
            case CompensationReversed reversed:
                Apply(reversed);
                break;
            case FundsSetAside aside:
                Apply(aside);
                break;
            case Divided divided:
                Apply(divided);
                break;
            case HoldCharged charged:
                Apply(charged);
                break;
            case Transferred transferred:
                Apply(transferred);
                break;
            case Delivered delivered:
                Outgoings[delivered.Payee].Deliver(delivered.Sequence);
                break;
            case Resumed or EarningsGoToChain:
                EarnsOnChain |= happened is EarningsGoToChain;
                break;
            case Received received:
                Apply(received);
                break;
            case KeyCreated created:
                IsOpen = true;
                LastChallenge = created.Challenge ?? LastChallenge;
                Keys.Add(created.Id, new AccountKey(created.Id, created.Name, created.Scopes, created.SpendLimit, created.At));
                break;
            case KeyRevoked revoked:
                Keys[revoked.Id].RevokedAt ??= revoked.At;
                break;
            case RefusalsSet set:
                Refusals = set.Refusals;
                break;
            case StorageChanged kept:
                Storage.Apply(kept.Change);
                break;
            default:
                throw new InvalidOperationException($"This is a bug in the account: it does not know the event {happened.GetType().Name}.");
        }
    }

    private void Apply(Credited credited)
    {
        IsOpen = true;
        Gain(credited.Amount);
        CreditedTotal += credited.Amount;
        if (credited is { At: { } at, Noted: { } noted })
        {
            Operations.Add(OperationKind.Credit, credited.Operation, at, credited.Amount);
            Operations.Forget(noted);
        }
        else
        {
            Credits.Add(credited.Operation);
        }
    }

    private void Apply(Debited debited)
    {
        Available -= debited.Amount;
        WithdrawnTotal += debited.Amount;
        Operations.Add(OperationKind.Debit, debited.Operation, debited.At, debited.Amount);
        Operations.Forget(debited.Noted);
    }

    private void Apply(CreditReversed reversed)
    {
        if (Operations.Knows(OperationKind.Credit, reversed.Operation))
        {
            var taken = TokenAmount.Min(Available, reversed.Amount);
            Available -= taken;
            Debt += reversed.Amount - taken;
            WithdrawnTotal += reversed.Amount;
        }
        Operations.Add(OperationKind.Reversal, reversed.Operation, reversed.At, reversed.Amount);
        Operations.Forget(reversed.Noted);
    }

    /// <summary>It comes in from outside and is claimed there: nothing becomes available, and no debt is paid by it.</summary>
    private void Apply(Compensated compensated)
    {
        IsOpen = true;
        CreditedTotal += compensated.Amount;
        CompensatedTotal += compensated.Amount;
        Claimable += compensated.Amount;
        Operations.Add(OperationKind.Compensation, compensated.Operation, compensated.At, compensated.Amount);
        Operations.Forget(compensated.Noted);
    }

    private void Apply(CompensationReversed reversed)
    {
        if (Operations.Knows(OperationKind.Compensation, reversed.Operation))
        {
            Claimable -= reversed.Amount;
            CompensatedTotal -= reversed.Amount;
            WithdrawnTotal += reversed.Amount;
        }
        Operations.Add(OperationKind.CompensationReversal, reversed.Operation, reversed.At, reversed.Amount);
        Operations.Forget(reversed.Noted);
    }

    private void Apply(FundsSetAside aside)
    {
        var key = Keys[aside.KeyId];
        Funds.Add(aside.Hold, new Hold(key, aside.Amount, aside.At));
        Available -= aside.Amount;
        Held += aside.Amount;
        key.Held += aside.Amount;
    }

    private void Apply(Divided divided)
    {
        var hold = FindHold(divided.Hold)!;
        Release(hold, divided.Charge);
        if (divided.Hold.Purpose == HoldPurpose.Job)
        {
            Holds.Remove(new JobId(divided.Hold.Value));
        }
        else
        {
            Funds.Remove(divided.Hold);
            Operations.Add(OperationKind.Hold, divided.Hold.ToString(), hold.First, hold.Amount + hold.Charged);
        }
        Send(divided.Transfers);
        Earn(divided.ToSelf);
        WithdrawnTotal += divided.ToOutside;
    }

    private void Apply(HoldCharged charged)
    {
        var hold = FindHold(charged.Hold)!;
        hold.Charge(charged.Number, charged.Charge);
        Held -= charged.Charge;
        hold.Key.Held -= charged.Charge;
        hold.Key.Spent += charged.Charge;
        Spent += charged.Charge;
        Send(charged.Transfers);
        Earn(charged.ToSelf);
    }

    private void Apply(Transferred transferred)
    {
        var key = Keys[transferred.KeyId];
        Available -= transferred.Amount;
        key.Spent += transferred.Amount;
        Spent += transferred.Amount;
        Send([new OutgoingCharge(transferred.To, transferred.Sequence, transferred.Amount)]);
        Operations.Add(OperationKind.Transfer, transferred.Request, new Operation(transferred.At, transferred.Amount, transferred.To));
        Operations.Forget(transferred.Noted);
    }

    private void Apply(Held held)
    {
        var key = Keys[held.KeyId];
        LastHeldAt = held.At;
        foreach (var item in held.Items)
        {
            Holds.Add(item.Job, new Hold(key, item.Amount, held.At));
            Available -= item.Amount;
            Held += item.Amount;
            key.Held += item.Amount;
        }
    }

    private void Apply(HoldsRenewed renewed)
    {
        LastHeldAt = renewed.At;
        foreach (var job in renewed.Jobs)
        {
            Holds[job].Renew(renewed.At);
        }
    }

    private void Apply(Settled settled)
    {
        foreach (var (job, charge) in settled.Jobs)
        {
            Holds.Remove(job, out var hold);
            Release(hold!, charge);
        }

        Send(settled.Transfers);
        Earn(settled.ToSelf);
    }

    private void Release(Hold hold, TokenAmount charge)
    {
        Held -= hold.Amount;
        hold.Key.Held -= hold.Amount;
        hold.Key.Spent += charge;
        Spent += charge;
        Gain(hold.Amount - charge);
    }

    private void Send(ImmutableArray<OutgoingCharge> transfers)
    {
        foreach (var transfer in transfers)
        {
            if (!Outgoings.TryGetValue(transfer.Payee, out var outgoing))
            {
                Outgoings.Add(transfer.Payee, outgoing = new Outgoing());
            }
            outgoing.Add(transfer.Sequence, transfer.Amount);
            SentTotal += transfer.Amount;
        }
    }

    /// <summary>Money becomes available, as far as it does not pay the debt.</summary>
    private void Gain(TokenAmount amount)
    {
        var paid = TokenAmount.Min(amount, Debt);
        Debt -= paid;
        Available += amount - paid;
    }

    /// <summary>Money comes from an account. What goes to the chain pays no debt: it is claimed without asking the books.</summary>
    private void Earn(TokenAmount amount)
    {
        Earned += amount;
        if (EarnsOnChain)
        {
            Claimable += amount;
        }
        else
        {
            Gain(amount);
        }
    }

    private void Apply(Received received)
    {
        IsOpen = true;
        Incoming[received.Payer] = received.Sequence;
        Earn(received.Amount);
        ReceivedTotal += received.Amount;
    }

    public AccountView ToView(AccountId id) =>
        new(
            Id: id,
            Available: Available,
            Held: Held,
            UnderWay: UnderWay,
            Earned: Earned,
            Spent: Spent,
            OpenJobs: Holds.Count,
            Debt: Debt,
            Claimable: Claimable,
            EarnsOnChain: EarnsOnChain
        );

    public LifetimeTotals ToTotals() => new(Claimable, PaidTotal, Held, Available);

    public ImmutableArray<KeyView> KeyViews() =>
        [.. Keys.Values.OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal).Select(key => key.ToView())];
}
