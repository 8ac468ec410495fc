using System.Numerics;
using Marketplace.Receipts;

namespace Marketplace.Verify.Contracts;

/// <summary>A row of a settlement with the way to its root, right or wrong.</summary>
internal sealed record SettledRow(AccountTotals Totals, IReadOnlyList<MerkleStep> Path);

/// <summary>What the escrow knows of an account.</summary>
internal sealed class ModelBalance
{
    public BigInteger Deposited { get; set; }
    public BigInteger Withdrawn { get; set; }
    public BigInteger Claimed { get; set; }
    public BigInteger Requested { get; set; }
    public BigInteger RequestedOf { get; set; }
    public ulong RequestedBlock { get; set; }
    public ulong RequestedAt { get; set; }
    public ulong FirstBlock { get; set; }
}

/// <summary>
/// The escrow as IEscrow.sol tells of it. Each method answers what the contract must revert with, or changes what the contract must change
/// and answers null.
/// </summary>
internal sealed class EscrowModel(ModelWorld world, EvmAddress address)
{
    private const int PathMax = 64;

    public static readonly BigInteger AmountMax = UInt128.MaxValue;

    private readonly Dictionary<EvmAddress, ModelBalance> _balances = [];

    public required ModelTerms Terms { get; init; }

    public required RegistryModel Registry { get; init; }

    public required MarketDomain Domain { get; init; }

    public EvmAddress Operator { get; set; }
    public EvmAddress Proposed { get; set; }
    public ulong SettledAt { get; set; }
    public bool IsClosed { get; private set; }
    public BigInteger Held { get; private set; }
    public BigInteger Compensated { get; private set; }
    public BigInteger Claimed { get; private set; }

    /// <summary>Each with its root over receipts.</summary>
    public Dictionary<ulong, Bytes32> Receipts { get; } = [];

    public Settlement Last { get; private set; } =
        new()
        {
            Number = 0,
            Epoch = 0,
            ChainBlock = 0,
            Accounts = default,
            Receipts = default,
            Earned = TokenAmount.Zero,
            Spent = TokenAmount.Zero,
        };

    public ModelBalance BalanceOf(EvmAddress account) => _balances.GetValueOrDefault(account) ?? new ModelBalance();

    /// <summary>What the accounts could have yet, by the last settlement, is at most what is there.</summary>
    public BigInteger Unclaimed => (BigInteger)Last.Earned.BaseUnits - Claimed;

    public byte[]? Deposit(EvmAddress caller, EvmAddress account, BigInteger amount)
    {
        if (Shut(whileOpen: true) is { } refusal)
        {
            return refusal;
        }
        if (amount.IsZero)
        {
            return Refusal.Of("AmountZero()");
        }
        if (TooSmall(account, amount) is { } tooSmall)
        {
            return tooSmall;
        }
        var balance = BalanceOf(account);
        if (balance.Deposited + amount > AmountMax || Held + amount > AmountMax)
        {
            return Refusal.Overflow;
        }
        if (world.Token.RefusesPull(caller, address, amount) is { } refused)
        {
            return refused;
        }
        Add(account, amount);
        Held += amount;
        Alone(() => world.Token.Pull(caller, address, amount));
        return null;
    }

    public byte[]? Request(EvmAddress caller, BigInteger amount)
    {
        var balance = BalanceOf(caller);
        var most = balance.Deposited - balance.Withdrawn;
        if (IsClosed)
        {
            return Refusal.Of("EscrowIsClosed()");
        }
        if (!balance.Requested.IsZero)
        {
            return Refusal.Of("RequestOpen(address,uint128)", caller, balance.Requested);
        }
        if (amount.IsZero)
        {
            return Refusal.Of("AmountZero()");
        }
        if (amount > most)
        {
            return Refusal.Of("RequestTooLarge(uint128,uint128)", amount, most);
        }
        balance.Requested = amount;
        balance.RequestedOf = balance.Deposited;
        (balance.RequestedBlock, balance.RequestedAt) = (world.Next.Number, world.Next.Time);
        return null;
    }

    public byte[]? Cancel(EvmAddress caller)
    {
        if (BalanceOf(caller).Requested.IsZero)
        {
            return Refusal.Of("NoRequest(address)", caller);
        }
        EndRequest(BalanceOf(caller));
        return null;
    }

    public byte[]? Withdraw(EvmAddress caller, SettledRow row)
    {
        if ((Shut(whileOpen: false) ?? Unsettled(row)) is { } refusal)
        {
            return refusal;
        }
        var (owner, balance) = (row.Totals.Owner, BalanceOf(row.Totals.Owner));
        if (balance.Requested.IsZero)
        {
            return Refusal.Of("NoRequest(address)", owner);
        }
        if (world.Next.Time < balance.RequestedAt + Terms.WithdrawalDelay)
        {
            return Refusal.Of("TooEarly(uint256)", balance.RequestedAt + Terms.WithdrawalDelay);
        }
        if (balance.RequestedBlock > Last.ChainBlock)
        {
            return Refusal.Of("RequestNotCounted(uint64,uint64)", balance.RequestedBlock, Last.ChainBlock);
        }
        var gone = balance.Withdrawn + row.Totals.Spent.BaseUnits + row.Totals.Held.BaseUnits;
        var amount = BigInteger.Min(balance.Requested, Rest(balance.RequestedOf, gone));
        return Return(
            owner,
            amount,
            () => EndRequest(balance),
            paid => paid == balance.Requested || caller == owner ? null : Refusal.Of("NotTheOwnerOf(address,address)", owner, caller)
        );
    }

    public byte[]? Claim(SettledRow row)
    {
        if ((Shut(whileOpen: false) ?? Unsettled(row)) is { } refusal)
        {
            return refusal;
        }
        var (owner, amount) = (row.Totals.Owner, Owed(row.Totals));
        if (amount.IsZero)
        {
            return Refusal.Of("NothingToPay(address)", owner);
        }
        if (world.Token.RefusesPay(address, owner, amount) is { } refused)
        {
            return refused;
        }
        Count(owner, amount);
        Held -= amount;
        Alone(() => world.Token.Pay(address, owner, amount));
        return null;
    }

    public byte[]? ClaimToDeposit(EvmAddress caller, SettledRow row)
    {
        if (Shut(whileOpen: true) is { } refusal)
        {
            return refusal;
        }
        if (caller != row.Totals.Owner)
        {
            return Refusal.Of("NotTheOwnerOf(address,address)", row.Totals.Owner, caller);
        }
        if (Unsettled(row) is { } unsettled)
        {
            return unsettled;
        }
        var amount = Owed(row.Totals);
        if (amount.IsZero)
        {
            return Refusal.Of("NothingToPay(address)", caller);
        }
        if (TooSmall(caller, amount) is { } tooSmall)
        {
            return tooSmall;
        }
        if (BalanceOf(caller).Deposited + amount > AmountMax)
        {
            return Refusal.Overflow;
        }
        Count(caller, amount);
        Add(caller, amount);
        return null;
    }

    public byte[]? Settle(EvmAddress caller, Settlement settlement, ModelSignature signature)
    {
        if (caller != Operator)
        {
            return Refusal.Of("NotTheOperator(address,address)", caller, Operator);
        }
        var (expected, current) = (Last.Number + 1, Registry.CurrentEpoch);
        if (IsClosed)
        {
            return Refusal.Of("EscrowIsClosed()");
        }
        if (settlement.Number != expected)
        {
            return Refusal.Of("SettlementOutOfOrder(uint64,uint64)", settlement.Number, expected);
        }
        if (settlement.Epoch == ulong.MaxValue)
        {
            return Refusal.Overflow;
        }
        if (settlement.Epoch != current && settlement.Epoch + 1 != current)
        {
            return Refusal.Of("EpochNotServing(uint64,uint64)", settlement.Epoch, current);
        }
        if (settlement.ChainBlock < Last.ChainBlock || settlement.ChainBlock >= world.Next.Number)
        {
            return Refusal.Of("BlockOutOfOrder(uint64,uint64,uint64)", settlement.ChainBlock, Last.ChainBlock, world.Next.Number - 1);
        }
        if (settlement.Earned < Last.Earned || settlement.Spent < Last.Spent)
        {
            return Refusal.Of(
                "TotalsDecrease(uint128,uint128,uint128,uint128)",
                settlement.Earned,
                settlement.Spent,
                Last.Earned,
                Last.Spent
            );
        }
        var covered = settlement.Spent.BaseUnits + Compensated;
        if (settlement.Earned.BaseUnits > covered)
        {
            return Refusal.Of("EarnedExceedsSpent(uint128,uint256)", settlement.Earned, covered);
        }
        if (Registry.RefusesSignature(settlement.Epoch, settlement.Digest(Domain), signature) is { } refusal)
        {
            return refusal;
        }
        (Last, SettledAt) = (settlement, world.Next.Time);
        if (!settlement.Receipts.IsZero)
        {
            Receipts[settlement.Number] = settlement.Receipts;
        }
        return null;
    }

    public byte[]? Close()
    {
        if (IsClosed)
        {
            return Refusal.Of("EscrowIsClosed()");
        }
        if (world.Next.Time < SettledAt + Terms.ExitDelay)
        {
            return Refusal.Of("TooEarly(uint256)", SettledAt + Terms.ExitDelay);
        }
        IsClosed = true;
        return null;
    }

    public byte[]? Exit(SettledRow row)
    {
        if (Shut(whileOpen: false) is { } refusal)
        {
            return refusal;
        }
        if (!IsClosed)
        {
            return Refusal.Of("EscrowIsOpen()");
        }
        var balance = BalanceOf(row.Totals.Owner);
        return Unsettled(row)
            ?? Return(row.Totals.Owner, Rest(balance.Deposited, balance.Withdrawn + row.Totals.Spent.BaseUnits), () => { });
    }

    public byte[]? ExitUnsettled(EvmAddress account)
    {
        if (Shut(whileOpen: false) is { } refusal)
        {
            return refusal;
        }
        var balance = BalanceOf(account);
        return !IsClosed ? Refusal.Of("EscrowIsOpen()")
            : balance.FirstBlock <= Last.ChainBlock ? Refusal.Of("DepositCounted(uint64,uint64)", balance.FirstBlock, Last.ChainBlock)
            : Return(account, balance.Deposited - balance.Withdrawn, () => { });
    }

    /// <summary>What the registry must revert with that hands over what was slashed; null: the escrow takes it.</summary>
    public byte[]? RefusesCompensation(BigInteger amount) =>
        Shut(whileOpen: false)
        ?? (Compensated + amount > AmountMax || Held + amount > AmountMax ? Refusal.Overflow : null)
        ?? world.Token.RefusesPull(Registry.Address, address, amount);

    public void Compensate(BigInteger amount)
    {
        Compensated += amount;
        Held += amount;
        Alone(() => world.Token.Move(Registry.Address, address, amount));
    }

    public byte[]? Propose(EvmAddress caller, EvmAddress next)
    {
        if (caller != Operator)
        {
            return Refusal.Of("NotTheOperator(address,address)", caller, Operator);
        }
        Proposed = next;
        return null;
    }

    public byte[]? Accept(EvmAddress caller)
    {
        if (caller != Proposed)
        {
            return Refusal.Of("NotTheProposed(address,address)", caller, Proposed);
        }
        (Operator, Proposed) = (caller, default);
        return null;
    }

    private byte[]? Shut(bool whileOpen) =>
        world.Locked.Contains(address) ? Refusal.Reentered
        : whileOpen && IsClosed ? Refusal.Of("EscrowIsClosed()")
        : null;

    /// <summary>A first deposit under a thousandth of the least stake.</summary>
    private byte[]? TooSmall(EvmAddress account, BigInteger amount)
    {
        var least = new BigInteger(Terms.StakeMin / 1_000);
        return BalanceOf(account).FirstBlock == 0 && amount < least ? Refusal.Of("DepositTooSmall(uint128,uint128)", amount, least) : null;
    }

    private byte[]? Unsettled(SettledRow row)
    {
        if (row.Path.Count > PathMax)
        {
            return Refusal.Of("PathTooLong(uint256,uint256)", row.Path.Count, PathMax);
        }
        var root = MerkleBatch.RootOf(row.Totals.Hash(), row.Path);
        return root == Last.Accounts ? null : Refusal.Of("NotInSettlement(bytes32,bytes32)", root, Last.Accounts);
    }

    private BigInteger Owed(AccountTotals totals) =>
        BigInteger.Min(BigInteger.Min(Rest(totals.Earned.BaseUnits, BalanceOf(totals.Owner).Claimed), Unclaimed), Held);

    private void Count(EvmAddress owner, BigInteger amount)
    {
        Known(owner).Claimed += amount;
        Claimed += amount;
    }

    private void Add(EvmAddress account, BigInteger amount)
    {
        var balance = Known(account);
        balance.FirstBlock = balance.FirstBlock == 0 ? world.Next.Number : balance.FirstBlock;
        balance.Deposited += amount;
    }

    private byte[]? Return(EvmAddress account, BigInteger amount, Action end, Func<BigInteger, byte[]?>? refuse = null)
    {
        var paid = BigInteger.Min(amount, Rest(Held, Unclaimed));
        if (paid.IsZero)
        {
            return Refusal.Of("NothingToPay(address)", account);
        }
        if (world.Token.RefusesPay(address, account, paid) is { } refusal)
        {
            return refusal;
        }
        if (refuse?.Invoke(paid) is { } refused)
        {
            return refused;
        }
        end();
        Known(account).Withdrawn += paid;
        Held -= paid;
        Alone(() => world.Token.Pay(address, account, paid));
        return null;
    }

    private ModelBalance Known(EvmAddress account)
    {
        var balance = BalanceOf(account);
        _balances[account] = balance;
        return balance;
    }

    private static void EndRequest(ModelBalance balance)
    {
        (balance.Requested, balance.RequestedOf) = (BigInteger.Zero, BigInteger.Zero);
        (balance.RequestedBlock, balance.RequestedAt) = (0, 0);
    }

    private void Alone(Action move)
    {
        world.Locked.Add(address);
        move();
        world.Locked.Remove(address);
    }

    private static BigInteger Rest(BigInteger from, BigInteger take) => BigInteger.Max(from - take, BigInteger.Zero);
}
