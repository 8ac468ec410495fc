using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Testing;

/// <summary>A chain with a market's contracts, and people who use them: the same for a simulated chain and a real one.</summary>
internal abstract class ChainBench : IAsyncDisposable
{
    public static readonly Bytes32 Market = new([.. Enumerable.Repeat((byte)0x77, Bytes32.Size)]);

    public abstract IMarketChain Chain { get; }

    public abstract MarketDomain Domain { get; }

    public abstract Task Mine(int blocks = 1);

    /// <summary>The next epoch begins.</summary>
    public abstract Task NextEpoch();

    /// <summary>The newest blocks are replaced by as many others, in which nobody does anything.</summary>
    public abstract Task Reorganise(int depth);

    public abstract Task Deposit(Secp256k1PrivateKey owner, ulong amount);

    public abstract Task Request(Secp256k1PrivateKey owner, ulong amount);

    public abstract Task Withdraw(AccountTotals totals, IReadOnlyList<MerkleStep> path);

    public abstract Task Claim(AccountTotals totals, IReadOnlyList<MerkleStep> path);

    public abstract Task Register(Secp256k1PrivateKey owner, WorkerId worker, BlsSecretKey key, ulong stake);

    /// <summary>Adds to a member's stake.</summary>
    public abstract Task Increase(Secp256k1PrivateKey owner, BlsSecretKey key, ulong amount);

    /// <summary>Takes all of a member's stake back.</summary>
    public abstract Task Unbond(Secp256k1PrivateKey owner, BlsSecretKey key);

    /// <summary>Shows that a member has signed two receipts of a job.</summary>
    public abstract Task Slash(BlsSecretKey key, AccountId harmed, JobId job);

    public abstract ValueTask DisposeAsync();

    public static Secp256k1PrivateKey Owner(byte number) => new([.. Enumerable.Repeat(number, Secp256k1PrivateKey.Size)]);

    public static BlsSecretKey Member(byte number) => BlsSecretKey.FromSeed([.. Enumerable.Repeat(number, 32)]);

    public static WorkerId Worker(byte number) => new(new Bytes32([.. Enumerable.Repeat(number, Bytes32.Size)]));

    /// <summary>Members 1 to 4 with these stakes, who serve from now on.</summary>
    public async Task Serve(params ulong[] stakes)
    {
        for (byte number = 1; number <= stakes.Length; number++)
        {
            await Register(Owner((byte)(0x40 + number)), Worker(number), Member(number), stakes[number - 1]);
        }
        await NextEpoch();
    }

    public static SettlementOrder Order(SettlementFile file, params byte[] absent)
    {
        var digest = file.Settlement.Digest(file.Domain).ToArray();
        byte[] all = [1, 2, 3, 4];
        var sum = Bls.Aggregate([.. all.Except(absent).Select(number => Member(number).Sign(digest))]);
        var absentees = absent.Select(number => Possession.MemberOf(Member(number).PublicKey)).Order();
        return new SettlementOrder(file.Settlement, [.. absentees], sum);
    }

    public async Task<SettlementFile> Make(ulong number, params AccountTotals[] accounts)
    {
        var (terms, head) = (await Chain.ReadTerms(default), await Chain.ReadHead(default));
        return SettlementFile.Of(Domain, (number, terms.EpochAt(head.Time), head.Number), TokenAmount.Zero, accounts, []);
    }

    public async Task<ChainTransaction> Send(SettlementOrder order, ChainFee? fee = null, ulong? nonce = null)
    {
        var head = await Chain.ReadHead(default);
        var signed = Chain.Sign(order, nonce ?? await Chain.ReadNonce(head, default), fee ?? await Chain.ReadFee(default));
        await Chain.Send(signed.Bytes, default);
        return signed;
    }
}

/// <summary>The simulated one.</summary>
internal sealed class SimulatedBench : ChainBench
{
    private readonly SimulatedChain _chain;

    /// <param name="depositMin">The least first deposit.</param>
    public SimulatedBench(ulong depositMin = 0)
    {
        _chain = new SimulatedChain(Domain, TimeSpan.FromHours(1));
        _chain.Do(state => state with { DepositMin = new TokenAmount(depositMin) });
        _chain.Mine();
    }

    public override IMarketChain Chain => _chain;

    public override MarketDomain Domain { get; } = new(Market, 31337, EvmAddress.Parse("0x00000000000000000000000000000000000e0001"));

    public override Task Mine(int blocks = 1) => Do(() => _chain.Mine(blocks));

    public override Task NextEpoch() => Do(() => _chain.Mine(1, seconds: 3600));

    public override Task Reorganise(int depth) =>
        Do(() => _chain.Reorganise(depth, keepsActions: false, keepsTransactions: false, more: 0));

    public override Task Deposit(Secp256k1PrivateKey owner, ulong amount) => Act(state => state.Deposit(Address(owner), amount));

    public override Task Request(Secp256k1PrivateKey owner, ulong amount) => Act(state => state.Request(Address(owner), amount));

    public override Task Withdraw(AccountTotals totals, IReadOnlyList<MerkleStep> path) => Act(state => state.Withdraw(totals, path));

    public override Task Claim(AccountTotals totals, IReadOnlyList<MerkleStep> path) => Act(state => state.Claim(totals, path));

    public override Task Register(Secp256k1PrivateKey owner, WorkerId worker, BlsSecretKey key, ulong stake) =>
        Act(state => state.Register(worker, key.PublicKey, stake));

    public override Task Increase(Secp256k1PrivateKey owner, BlsSecretKey key, ulong amount) =>
        Act(state => state.Restake(key.PublicKey, (ulong)state.Members[Possession.MemberOf(key.PublicKey)].Stake.BaseUnits + amount));

    public override Task Unbond(Secp256k1PrivateKey owner, BlsSecretKey key) => Act(state => state.Restake(key.PublicKey, 0));

    public override Task Slash(BlsSecretKey key, AccountId harmed, JobId job) => Act(state => state.Slash(key.PublicKey, harmed, job));

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task Act(Func<SimulatedState, SimulatedState> action) =>
        Do(() =>
        {
            _chain.Do(action);
            _chain.Mine();
        });

    private static EvmAddress Address(Secp256k1PrivateKey owner) => EvmAddresses.Of(owner.PublicKey);

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
