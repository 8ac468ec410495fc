using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Receipts;
using static Marketplace.Chain.ContractValues;

namespace Marketplace.Chain;

/// <summary>
/// What owners of accounts and stakes do in a market's contracts, by the transactions of one key (contracts/evm/src/IEscrow.sol,
/// IStakeRegistry.sol). Nothing of it needs the market. Each method that sends waits for the transaction's block, and throws
/// <see cref="ChainException"/> with a <see cref="ChainException.Refusal"/> where the contract refuses: nothing was sent then.
/// </summary>
/// <param name="rpc">The nodes.</param>
/// <param name="terms">Of the contracts, as <see cref="IMarketChain.ReadTerms"/> has read and checked them.</param>
/// <param name="wallet">Whose transactions.</param>
public sealed class EvmMarketWallet(IEvmRpc rpc, ChainTerms terms, EvmWallet wallet)
{
    public EvmAddress Address => wallet.Address;

    /// <summary>Deposits for an account, whose owner alone can take it back.</summary>
    /// <exception cref="ChainException">Also where the key's address has less.</exception>
    public async Task<TransactionReceipt> Deposit(EvmAddress account, TokenAmount amount, CancellationToken cancellation)
    {
        await Allow(terms.Escrow, amount, cancellation).ConfigureAwait(false);
        return await Tell(EscrowCalls.Deposit(account, amount), cancellation).ConfigureAwait(false);
    }

    /// <summary>Asks for a part of the key's deposits back.</summary>
    public Task<TransactionReceipt> RequestWithdrawal(TokenAmount amount, CancellationToken cancellation) =>
        Tell(EscrowCalls.RequestWithdrawal(amount), cancellation);

    public Task<TransactionReceipt> CancelWithdrawal(CancellationToken cancellation) => Tell(EscrowCalls.CancelWithdrawal(), cancellation);

    /// <summary>Pays what was asked for, as far as it is free by the last settlement; the request ends.</summary>
    /// <param name="totals">What the last settlement says of the account.</param>
    /// <param name="path">From it to the settlement's root.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>See <see cref="PaidBy"/>.</returns>
    public Task<TransactionReceipt> Withdraw(AccountTotals totals, IReadOnlyList<MerkleStep> path, CancellationToken cancellation) =>
        Tell(EscrowCalls.Withdraw(totals, path), cancellation);

    /// <summary>Pays the account what it has earned and not claimed yet.</summary>
    /// <inheritdoc cref="Withdraw"/>
    public Task<TransactionReceipt> Claim(AccountTotals totals, IReadOnlyList<MerkleStep> path, CancellationToken cancellation) =>
        Tell(EscrowCalls.Claim(totals, path), cancellation);

    /// <summary>Turns what the key's account has earned and not claimed yet into a deposit.</summary>
    /// <inheritdoc cref="Withdraw"/>
    public Task<TransactionReceipt> ClaimToDeposit(AccountTotals totals, IReadOnlyList<MerkleStep> path, CancellationToken cancellation) =>
        Tell(EscrowCalls.ClaimToDeposit(totals, path), cancellation);

    /// <summary>Ends settlements for ever, once there was none for the time that the contracts were made with.</summary>
    public Task<TransactionReceipt> Close(CancellationToken cancellation) => Tell(EscrowCalls.Close(), cancellation);

    /// <summary>Pays an account of a closed escrow all that it had deposited and not spent by the last settlement.</summary>
    /// <inheritdoc cref="Withdraw"/>
    public Task<TransactionReceipt> Exit(AccountTotals totals, IReadOnlyList<MerkleStep> path, CancellationToken cancellation) =>
        Tell(EscrowCalls.Exit(totals, path), cancellation);

    /// <summary>The same for an account that deposited after the last settlement was made.</summary>
    public Task<TransactionReceipt> ExitUnsettled(EvmAddress account, CancellationToken cancellation) =>
        Tell(EscrowCalls.ExitUnsettled(account), cancellation);

    /// <summary>What a transaction of the escrow has paid an account, or turned into a deposit, by its own events.</summary>
    public TokenAmount PaidBy(TransactionReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        AbiEvent[] payments = [ContractBuild.Escrow.Abi.Event("Withdrawn"), ContractBuild.Escrow.Abi.Event("Claimed")];
        var sum = TokenAmount.Zero;
        foreach (var log in receipt.Logs.Where(log => log.Address == terms.Escrow))
        {
            if (payments.FirstOrDefault(payment => payment.Signature.Topic == log.Topics[0]) is { } paid)
            {
                sum += Amount(paid.Decode(log.Topics, log.Data)[1]);
            }
        }
        return sum;
    }

    /// <summary>What the escrow knows of an account now.</summary>
    public async Task<EscrowAccount> ReadAccount(EvmAddress account, CancellationToken cancellation)
    {
        var members = (object[])await Read(ContractBuild.Escrow, terms.Escrow, "balanceOf", cancellation, account).ConfigureAwait(false);
        return new EscrowAccount
        {
            Deposited = Amount(members[0]),
            Withdrawn = Amount(members[1]),
            Claimed = Amount(members[2]),
            Requested = Amount(members[3]),
            RequestedOf = Amount(members[4]),
            RequestedBlock = Number(members[5]),
            FirstBlock = Number(members[7]),
        };
    }

    /// <summary>Registers a worker's key and stakes for it; the wallet's address becomes the owner.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="key">Its BLS key, which signs that this address may register it.</param>
    /// <param name="amount">At least what the contracts were made with.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<TransactionReceipt> Register(WorkerId worker, BlsSecretKey key, TokenAmount amount, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(key);
        await Allow(terms.Registry, amount, cancellation).ConfigureAwait(false);
        var possession = key.ProvePossession(Possession.Digest(Domain, Address, worker, key.PublicKey));
        return await Ask(StakeRegistryCalls.Register(worker.Value, key.PublicKey, possession, amount), cancellation).ConfigureAwait(false);
    }

    /// <summary>Adds to the stake of a member, whose id is that of <see cref="Possession.MemberOf"/>.</summary>
    public async Task<TransactionReceipt> IncreaseStake(Bytes32 member, TokenAmount amount, CancellationToken cancellation)
    {
        await Allow(terms.Registry, amount, cancellation).ConfigureAwait(false);
        return await Ask(StakeRegistryCalls.IncreaseStake(member, amount), cancellation).ConfigureAwait(false);
    }

    /// <summary>Takes stake back: it is paid by <see cref="WithdrawStake"/> when it has unbonded.</summary>
    public Task<TransactionReceipt> BeginUnbonding(Bytes32 member, TokenAmount amount, CancellationToken cancellation) =>
        Ask(StakeRegistryCalls.BeginUnbonding(member, amount), cancellation);

    public Task<TransactionReceipt> WithdrawStake(Bytes32 member, CancellationToken cancellation) =>
        Ask(StakeRegistryCalls.WithdrawStake(member), cancellation);

    /// <returns>Null: no such key was registered.</returns>
    public async Task<StakedMember?> FindMember(Bytes32 member, CancellationToken cancellation)
    {
        var said = (object[])
            await Read(ContractBuild.StakeRegistry, terms.Registry, "memberOf", cancellation, member.ToArray()).ConfigureAwait(false);
        var owner = (EvmAddress)said[0];
        return owner == default
            ? null
            : new StakedMember
            {
                Owner = owner,
                Worker = new WorkerId(Word(said[1])),
                Stake = Amount(said[2]),
                Unbonding = Amount(said[3]),
                UnbondedAt = DateTimeOffset.FromUnixTimeSeconds((long)Number(said[4])),
                IsSlashed = (bool)said[5],
            };
    }

    /// <summary>All of what is signed for the contracts names them.</summary>
    private MarketDomain Domain => new(terms.Market, terms.ChainId, terms.Escrow);

    /// <summary>
    /// Has the token let a contract take so much. What the address does not have is refused here: tokens refuse it in words of their own.
    /// </summary>
    private async Task Allow(EvmAddress contract, TokenAmount amount, CancellationToken cancellation)
    {
        var token = Erc20Token.Of(rpc, terms);
        var has = await token.BalanceOf(Address, cancellation).ConfigureAwait(false);
        if (has < amount)
        {
            throw new ChainException($"{Address} has {has} base units of {terms.Symbol}; {amount} are needed.");
        }
        var allowed = await token.AllowanceOf(Address, contract, cancellation).ConfigureAwait(false);
        if (allowed >= amount)
        {
            return;
        }
        if (!allowed.IsZero)
        {
            // Some tokens change no allowance but from or to zero.
            await Approve(contract, BigInteger.Zero, cancellation).ConfigureAwait(false);
        }
        await Approve(contract, (BigInteger)amount.BaseUnits, cancellation).ConfigureAwait(false);
    }

    private Task Approve(EvmAddress contract, BigInteger amount, CancellationToken cancellation) =>
        wallet.Send(terms.Token, TokenCalls.Approve(contract, amount), ContractBuild.DevelopmentToken.Abi, cancellation);

    private Task<TransactionReceipt> Tell(byte[] call, CancellationToken cancellation) =>
        wallet.Send(terms.Escrow, call, ContractBuild.Escrow.Abi, cancellation);

    private Task<TransactionReceipt> Ask(byte[] call, CancellationToken cancellation) =>
        wallet.Send(terms.Registry, call, ContractBuild.StakeRegistry.Abi, cancellation);

    private async Task<object> Read(
        ContractBuild contract,
        EvmAddress address,
        string function,
        CancellationToken cancellation,
        params object[] arguments
    )
    {
        try
        {
            var head = await rpc.GetHead(HeadKind.Latest, cancellation).ConfigureAwait(false);
            var called = contract.Abi.Function(function);
            var call = new EvmCall { To = address, Data = called.Signature.EncodeCall(arguments) };
            var answer = await rpc.Call(call, BlockId.Of(head.Hash), cancellation).ConfigureAwait(false);
            return called.DecodeOutputs(answer)[0];
        }
        catch (Exception failure) when (failure is RpcException or AbiException)
        {
            throw new ChainException(failure.Message, failure);
        }
    }
}

/// <summary>What the escrow knows of an account; see contracts/evm/src/IEscrow.sol, <c>Balance</c>.</summary>
public sealed record EscrowAccount
{
    public required TokenAmount Deposited { get; init; }

    public required TokenAmount Withdrawn { get; init; }

    public required TokenAmount Claimed { get; init; }

    /// <summary>What the open request asks for; 0: there is none.</summary>
    public required TokenAmount Requested { get; init; }

    /// <summary>What was deposited when it was made.</summary>
    public required TokenAmount RequestedOf { get; init; }

    /// <summary>Its block: a settlement that has counted this block has counted the request.</summary>
    public required ulong RequestedBlock { get; init; }

    /// <summary>The block of the first deposit; 0: there was none.</summary>
    public required ulong FirstBlock { get; init; }

    /// <summary>What a withdrawal would pay by a settlement.</summary>
    /// <param name="totals">What the settlement says of the account.</param>
    public TokenAmount PayableBy(AccountTotals totals)
    {
        ArgumentNullException.ThrowIfNull(totals);
        var gone = Withdrawn + totals.Spent + totals.Held;
        return gone < RequestedOf ? TokenAmount.Min(Requested, RequestedOf - gone) : TokenAmount.Zero;
    }
}

/// <summary>A key of the stake registry; see contracts/evm/src/IStakeRegistry.sol, <c>Member</c>.</summary>
public sealed record StakedMember
{
    /// <summary>Gets the stake back, and ends it.</summary>
    public required EvmAddress Owner { get; init; }

    public required WorkerId Worker { get; init; }

    public required TokenAmount Stake { get; init; }

    /// <summary>What was taken back and is not paid out yet.</summary>
    public required TokenAmount Unbonding { get; init; }

    /// <summary>From when that can be paid out.</summary>
    public required DateTimeOffset UnbondedAt { get; init; }

    public required bool IsSlashed { get; init; }
}
