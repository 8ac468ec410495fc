using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What an account allows: pure decisions over its state, which give the events to append.</summary>
internal static class AccountRules
{
    public static (HoldResult Result, Held? Held, HoldsRenewed? Renewed) Hold(
        AccountState account,
        AccountKey key,
        ImmutableArray<HoldItem> items,
        DateTimeOffset now
    )
    {
        // A hold is known by its moment: two of one account never share one.
        var at = now > account.LastHeldAt ? now : account.LastHeldAt.AddTicks(1);
        var available = account.Available;
        var keyLeft = key.SpendLimit is { } limit ? limit - key.Spent - key.Held : (TokenAmount?)null;
        var held = ImmutableArray.CreateBuilder<HoldItem>();
        var renewed = ImmutableArray.CreateBuilder<JobId>();
        var inThisBatch = new Dictionary<JobId, TokenAmount>(items.Length);
        var outcomes = ImmutableArray.CreateBuilder<HoldOutcome>(items.Length);
        foreach (var item in items)
        {
            outcomes.Add(HoldOne(item));
        }
        return (
            new HoldResult(at, outcomes.MoveToImmutable(), available),
            held.Count > 0 ? new Held(at, key.Id, held.ToImmutable()) : null,
            renewed.Count > 0 ? new HoldsRenewed(at, renewed.ToImmutable()) : null
        );

        HoldOutcome HoldOne(HoldItem item)
        {
            if (inThisBatch.TryGetValue(item.Job, out var before))
            {
                return before == item.Amount ? HoldOutcome.AlreadyHeld : HoldOutcome.HeldDifferently;
            }
            if (account.Holds.TryGetValue(item.Job, out var hold))
            {
                if (hold.Amount != item.Amount)
                {
                    return HoldOutcome.HeldDifferently;
                }
                inThisBatch.Add(item.Job, item.Amount);
                renewed.Add(item.Job);
                return HoldOutcome.AlreadyHeld;
            }

            if (account.Holds.Count + held.Count >= AccountPolicy.OpenJobsMax)
            {
                return HoldOutcome.TooManyOpenJobs;
            }
            if (item.Amount > available)
            {
                return HoldOutcome.InsufficientFunds;
            }
            if (keyLeft is { } left && item.Amount > left)
            {
                return HoldOutcome.SpendLimitReached;
            }
            available -= item.Amount;
            keyLeft -= item.Amount;
            inThisBatch.Add(item.Job, item.Amount);
            held.Add(item);
            return HoldOutcome.Held;
        }
    }

    /// <returns>Null where none of the jobs has a hold any more.</returns>
    public static Settled? Settle(AccountState account, AccountId self, ImmutableArray<JobSettlement> settlements)
    {
        var jobs = ImmutableArray.CreateBuilder<SettledJob>(settlements.Length);
        var perPayee = new SortedDictionary<AccountId, TokenAmount>();
        var seen = new HashSet<JobId>(settlements.Length);
        var toSelf = TokenAmount.Zero;
        foreach (var settlement in settlements)
        {
            if (settlement.Payer != self)
            {
                throw new InvalidOperationException(
                    $"This is a bug in the market: {settlement.Payer}'s settlement reached account {self}."
                );
            }
            if (!account.Holds.TryGetValue(settlement.Job, out var hold) || !seen.Add(settlement.Job))
            {
                continue;
            }
            // A hold that its job does not stand on comes from a request that was repeated after the settlement: no job is paid twice.
            var charge =
                hold.Carries(settlement.HeldAt) && settlement.Payee is not null
                    ? TokenAmount.Min(settlement.Charge, hold.Amount)
                    : TokenAmount.Zero;
            jobs.Add(new SettledJob(settlement.Job, charge));
            if (charge.IsZero)
            {
                continue;
            }
            var left = charge;
            foreach (var share in settlement.Shares.IsDefaultOrEmpty ? [] : settlement.Shares)
            {
                var amount = TokenAmount.Min(left, share.Amount);
                left -= amount;
                Pay(share.Payee, amount);
            }
            Pay(settlement.Payee!.Value, left);
        }

        if (jobs.Count == 0)
        {
            return null;
        }
        return new Settled(jobs.ToImmutable(), Transfers(account, perPayee), toSelf);

        void Pay(AccountId payee, TokenAmount amount)
        {
            if (payee == self)
            {
                toSelf += amount;
            }
            else if (!amount.IsZero)
            {
                perPayee[payee] = perPayee.GetValueOrDefault(payee) + amount;
            }
        }
    }

    /// <returns>What is known of a hold that is not for a job: it is there, or has ended; null where nothing is.</returns>
    public static HoldOutcome? KnownHold(AccountState account, HoldId id, TokenAmount amount, DateTimeOffset at)
    {
        if (account.FindHold(id) is { } open)
        {
            return open.Amount + open.Charged == amount && open.First == at ? HoldOutcome.AlreadyHeld : HoldOutcome.HeldDifferently;
        }
        return account.Operations.Knows(OperationKind.Hold, id.ToString()) ? HoldOutcome.Ended : null;
    }

    /// <summary>Whether one more operation of the kind can be remembered.</summary>
    public static bool HasRoomFor(OperationKind kind, AccountOperations operations) =>
        operations.Count < AccountPolicy.OperationsMax && (!OfOwnKeys(kind) || OfOwnKeys(operations) < AccountPolicy.KeyOperationsMax);

    /// <summary>Those that the account's own keys begin.</summary>
    public static int OfOwnKeys(AccountOperations operations) =>
        operations.CountOf(OperationKind.Transfer) + operations.CountOf(OperationKind.Hold);

    /// <summary>
    /// How late money may be set aside after its moment. A stake that waited longer was given up by the worker's reputation: what came
    /// after that would stay on hold for ever.
    /// </summary>
    public static TimeSpan LateMax(HoldId hold) => hold.Purpose is HoldPurpose.Stake ? StakePolicy.AskedMax : AccountPolicy.OperationMemory;

    private static bool OfOwnKeys(OperationKind kind) => kind is OperationKind.Transfer or OperationKind.Hold;

    /// <returns>Why money cannot be set aside under the key; null where it can.</returns>
    public static HoldOutcome? Refusal(AccountState account, AccountKey key, TokenAmount amount) =>
        account.Funds.Count >= AccountPolicy.FundsMax ? HoldOutcome.TooManyHolds
        : amount > account.Available ? HoldOutcome.InsufficientFunds
        : key.SpendLimit is { } limit && amount > limit - key.Spent - key.Held ? HoldOutcome.SpendLimitReached
        : null;

    /// <summary>Whether the money may leave under the key.</summary>
    public static bool MayTransfer(AccountState account, AccountKey key, TokenAmount amount) =>
        amount <= account.Available && (key.SpendLimit is not { } limit || amount <= limit - key.Spent - key.Held);

    /// <summary>Whether the account may have one more payee, unless it is none.</summary>
    public static bool MayPay(AccountState account, AccountId payee) =>
        account.Outgoings.Count < AccountPolicy.TransferPayeesMax || account.Outgoings.ContainsKey(payee);

    public static Transferred Transfer(AccountState account, AccountKey key, TransferOrder order, DateTimeOffset at, DateTimeOffset now) =>
        new(
            Request: order.RequestId,
            KeyId: key.Id,
            To: order.To,
            Sequence: NextSequence(account, order.To),
            Amount: order.Amount,
            At: at,
            Noted: now
        );

    /// <returns>Null where there is no such hold any more.</returns>
    public static Divided? SettleShared(AccountState account, AccountId self, SharedSettlement settlement)
    {
        var parts = settlement.Shares.Aggregate(0UL, (sum, share) => checked(sum + share.Parts));
        var amounts = settlement.Amounts.IsDefault ? [] : settlement.Amounts;
        var isUndivided = parts == 0 && amounts.IsEmpty && !settlement.Charge.IsZero;
        if (settlement.Shares.Length + amounts.Length > AccountPolicy.PayeesMax || isUndivided)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The settlement of {settlement.Hold} has {amounts.Length} amounts and {settlement.Shares.Length} shares of {parts} parts; "
                    + $"allowed are 1 to {AccountPolicy.PayeesMax} of both, and one part or amount at least."
            );
        }
        if (account.FindHold(settlement.Hold) is not { } hold)
        {
            return null;
        }
        var charge = hold.Carries(settlement.HeldAt) ? TokenAmount.Min(settlement.Charge, hold.Amount) : TokenAmount.Zero;
        var perPayee = new SortedDictionary<AccountId, TokenAmount>();
        var (toSelf, toOutside, left) = (TokenAmount.Zero, TokenAmount.Zero, charge);
        foreach (var (payee, wanted) in amounts)
        {
            var amount = TokenAmount.Min(left, wanted);
            left -= amount;
            Pay(payee, amount);
        }
        var divided = left;
        foreach (var share in settlement.Shares)
        {
            var amount = divided.IsZero ? divided : divided.MultiplyDivideRoundingDown(share.Parts, parts);
            left -= amount;
            Pay(share.Payee, amount);
        }
        Pay(settlement.RemainderTo, left);
        return new Divided(settlement.Hold, charge, Transfers(account, perPayee), toSelf, toOutside);

        void Pay(AccountId? payee, TokenAmount amount)
        {
            if (payee is not { } payeeId)
            {
                toOutside += amount;
            }
            else if (payeeId == self)
            {
                toSelf += amount;
            }
            else if (!amount.IsZero)
            {
                perPayee[payeeId] = perPayee.GetValueOrDefault(payeeId) + amount;
            }
        }
    }

    /// <returns>Null where there is no such hold any more, the part was paid before, or another one comes before it.</returns>
    public static HoldCharged? ChargeHold(AccountState account, AccountId self, HoldCharge charge)
    {
        if (account.FindHold(charge.Hold) is not { } hold || !hold.Carries(charge.HeldAt) || charge.Number != hold.Charges + 1)
        {
            return null;
        }
        var perPayee = new SortedDictionary<AccountId, TokenAmount>();
        var (toSelf, left) = (TokenAmount.Zero, hold.Amount);
        foreach (var (payee, wanted) in charge.Amounts)
        {
            var amount = TokenAmount.Min(left, wanted);
            left -= amount;
            if (payee == self)
            {
                toSelf += amount;
            }
            else if (!amount.IsZero)
            {
                perPayee[payee] = perPayee.GetValueOrDefault(payee) + amount;
            }
        }
        return new HoldCharged(charge.Hold, charge.Number, hold.Amount - left, Transfers(account, perPayee), toSelf);
    }

    /// <summary>Of a hold that is there each part comes after the one before it.</summary>
    public static void RequireNoneBefore(AccountState account, HoldCharge charge)
    {
        if (account.FindHold(charge.Hold) is { } hold && hold.Carries(charge.HeldAt) && charge.Number > hold.Charges + 1)
        {
            throw new InvalidOperationException(
                $"This is a bug in the market: part {charge.Number} of {charge.Hold} came after part {hold.Charges}."
            );
        }
    }

    private static ImmutableArray<OutgoingCharge> Transfers(AccountState account, SortedDictionary<AccountId, TokenAmount> perPayee) =>
        [.. perPayee.Select(pair => new OutgoingCharge(pair.Key, NextSequence(account, pair.Key), pair.Value))];

    private static long NextSequence(AccountState account, AccountId payee) =>
        account.Outgoings.TryGetValue(payee, out var outgoing) ? outgoing.NextSequence : 1;
}
