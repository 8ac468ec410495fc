using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;
using Marketplace.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>
/// A market that settles on a simulated chain, with a client, a worker, and members of the committee who sign what they are asked. Blocks
/// come every twelve seconds while the scene waits.
/// </summary>
internal sealed class SettlementScene
{
    public static readonly TimeSpan BlockTime = TimeSpan.FromSeconds(12);

    public static SettlementTerms Terms { get; } =
        new()
        {
            Confirmations = 3,
            Interval = TimeSpan.FromMinutes(2),
            ReplaceAfterBlocks = 3,
        };

    private static readonly MarketDomain Domain = TestOwner.Domain with
    {
        ChainId = 31337,
        Contract = EvmAddress.Parse("0x00000000000000000000000000000000000e0001"),
    };

    private readonly BlsSecretKey[] _members = [.. Enumerable.Range(1, 4).Select(number => KeyOf($"member {number}"))];

    /// <summary>What each member has signed of a number in an epoch: never two.</summary>
    private readonly Dictionary<(int Member, ulong Number, ulong Epoch), Bytes32> _votes = [];
    private int _transfers;

    private SettlementScene(TestMarket market, SimulatedChain chain) => (Market, Chain) = (market, chain);

    public TestMarket Market { get; }

    public SimulatedChain Chain { get; }

    public Secp256k1PrivateKey Client { get; } = Key("client");

    public Secp256k1PrivateKey Worker { get; } = Key("worker");

    /// <summary>Members that sign nothing.</summary>
    public HashSet<int> Silent { get; } = [];

    /// <summary>What the settlements' grain says.</summary>
    public required LogLines<SettlementGrain> Log { get; init; }

    /// <summary>What was found wrong on the way.</summary>
    public List<string> Faults { get; } = [];

    public ISettlementGrain Grain => Market.Grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);

    public static EvmAddress Of(Secp256k1PrivateKey key) => EvmAddresses.Of(key.PublicKey);

    /// <param name="scenario">Begins with both accounts bound, and the members serving.</param>
    /// <param name="seed">Of the order of turns.</param>
    /// <param name="terms">Null: those of the scene.</param>
    public static void Run(Func<SettlementScene, Task> scenario, ulong seed = 1, SettlementTerms? terms = null)
    {
        var (chain, log) = (new SimulatedChain(Domain, TimeSpan.FromHours(1)), new LogLines<SettlementGrain>());
        TestMarket.Run(
            async market =>
            {
                // Money that came in from the chain belongs to no job.
                market.IsMadeUp = true;
                var scene = new SettlementScene(market, chain) { Log = log };
                chain.IsAskerGone = () => market.Store.IsCrashed;
                await scene.Begin();
                await scenario(scene);
                Assert.Equal([], scene.Faults);
            },
            seed,
            services =>
                services
                    .AddSingleton<ILogger<SettlementGrain>>(log)
                    .AddSingleton<Chain.IMarketChain>(chain)
                    .AddSingleton(Domain)
                    .AddSingleton(terms ?? Terms)
                    .AddSingleton(new AccountTerms { SettlesOnChain = true })
        );
    }

    /// <summary>Blocks come and members sign, so many times.</summary>
    public async Task Blocks(int count)
    {
        for (; count > 0; count--)
        {
            Chain.Mine();
            for (var part = 0; part < 3; part++)
            {
                await Task.Delay(BlockTime / 3, Market.Time);
                if (Market.Store.IsCrashed)
                {
                    await CrashAndStart();
                }
                await Tried(Sign);
            }
        }
    }

    /// <summary>Does it until it is done; a process that ends in the middle is followed by another.</summary>
    public async Task Insist(Func<Task> work)
    {
        while (!await Tried(work))
        {
            await Blocks(1);
        }
    }

    /// <returns>False where it failed, or does not end because the process has.</returns>
    private async Task<bool> Tried(Func<Task> work)
    {
        var (done, late) = (Quietly(), Task.Delay(TimeSpan.FromSeconds(3), Market.Time));
        return await Task.WhenAny(done, late) == done && await done;

        async Task<bool> Quietly()
        {
            try
            {
                await work();
                return true;
            }
            catch (Exception failure) when (failure is MarketException or IOException or Orleans.Storage.InconsistentStateException)
            {
                return false;
            }
        }
    }

    /// <summary>Waits until it holds, at most so many blocks.</summary>
    public async Task Until(Func<Task<bool>> holds, int blocks = 200)
    {
        for (; blocks > 0; blocks--)
        {
            var does = false;
            if (await Tried(async () => does = await holds()) && does)
            {
                return;
            }
            await Blocks(1);
        }
        Assert.Fail($"It does not hold. {(await Status()).Trouble}");
    }

    public Task UntilSettled(ulong number, int blocks = 60) => Until(async () => (await Status()).Settled >= number, blocks);

    public Task<SettlementStatus> Status() => Grain.GetStatus();

    public async Task<LifetimeTotals> Books(string name) =>
        await LostWrites.Resend(() => Market.Account(name).GetTotals(Authority.Treasury));

    /// <summary>The client pays the worker.</summary>
    public async Task Pay(ulong amount)
    {
        var order = new TransferOrder($"pay {++_transfers}", TestMarket.Id("worker"), new TokenAmount(amount), Market.Time.GetUtcNow());
        await Insist(async () => await Market.Account("client").Transfer(await Market.AddKey("client"), order));
    }

    public async Task<SettlementFile> File(ulong number)
    {
        using var file = new MemoryStream();
        for (var part = 0; ; part++)
        {
            var bytes = await Grain.GetFile(number, part);
            if (bytes.IsEmpty)
            {
                return SettlementFile.Parse(file.ToArray());
            }
            file.Write(bytes.Span);
        }
    }

    /// <summary>The process ends at once, and another one follows the chain.</summary>
    public async Task CrashAndStart()
    {
        await Market.CrashAndStart();
        await Grain.Follow(Authority.Silo);
    }

    /// <summary>What must hold of books and chain at any moment.</summary>
    public void Check()
    {
        var state = Chain.Now;
        Require(state.PaidOut <= state.Deposited, $"{state.PaidOut} was paid out of {state.Deposited}");
        var numbers = state.Settled.Select(settled => settled.Number).ToArray();
        Require(
            numbers.SequenceEqual(Enumerable.Range(1, numbers.Length).Select(number => (ulong)number)),
            "A number is missing or doubled"
        );
        foreach (var account in DiskInvariants.Accounts(Market.Disk))
        {
            foreach (var violation in AccountInvariants.Violations(account.Value))
            {
                Faults.Add($"{account.Key}: {violation}");
            }
        }
        foreach (var nonce in Chain.Included.GroupBy(included => included.Hash).Where(same => same.Count() > 1))
        {
            Faults.Add($"Transaction {nonce.Key} is in two blocks");
        }
        Require(Chain.Included.Count(included => included.HasSucceeded) == numbers.Length, "A settlement has not one transaction");
    }

    private void Require(bool holds, string fault)
    {
        if (!holds)
        {
            Faults.Add(fault);
        }
    }

    private async Task Begin()
    {
        foreach (var (name, key) in new[] { ("client", Client), ("worker", Worker) })
        {
            await Bind(name, key);
        }
        for (var member = 0; member < _members.Length; member++)
        {
            var (number, key) = (member, _members[member]);
            Chain.Do(state => state.Register(WorkerOf(number), key.PublicKey, 1_000));
        }
        Chain.Mine(1, seconds: 12);
        Chain.Mine(1, seconds: 3600);
        Chain.Mine(2 * Terms.Confirmations);
        await Grain.Follow(Authority.Silo);
    }

    /// <summary>What account and owner sign; the owner may be another than the one that is named.</summary>
    /// <param name="name">Whose account.</param>
    /// <param name="key">Of the address that is named.</param>
    /// <param name="domain">Null: the market's.</param>
    /// <param name="account">Who signs for the account; null: its own key.</param>
    /// <param name="owner">Who signs for the address; null: its own key.</param>
    /// <param name="at">Which activation is asked; null: that of the first host.</param>
    public async Task<ChainAccount> Bind(
        string name,
        Secp256k1PrivateKey key,
        MarketDomain? domain = null,
        string? account = null,
        Secp256k1PrivateKey? owner = null,
        ISettlementGrain? at = null
    )
    {
        var caller = await Market.AddKey(name);
        domain ??= Domain;
        var byAccount = TestKeys.Of(account ?? name).Sign(AccountOwner.Digest(domain, caller.Account, Of(key)).ToArray());
        return await (at ?? Grain).Bind(caller, Of(key), byAccount, AccountOwner.Sign(domain, caller.Account, owner ?? key));
    }

    /// <summary>What a member's worker is called.</summary>
    public static string NameOf(int member) => $"member {member}";

    public BlsPublicKey PublicKeyOf(int member) => _members[member].PublicKey;

    /// <summary>A member's key for its worker's offer.</summary>
    public CommitteeKey KeyOf(int member)
    {
        var key = _members[member].PublicKey.Bytes;
        var registration = TestKeys.Of(NameOf(member)).Sign(BatchDigest.OfRegistration(Domain, WorkerOf(member), key).ToArray());
        return new CommitteeKey(key.ToArray(), _members[member].ProvePossession().Bytes.ToArray(), registration);
    }

    /// <summary>As it stands in certificates.</summary>
    public RosterMember MemberOf(int member) => new(WorkerOf(member), KeyOf(member), new TokenAmount(1_000));

    /// <summary>A member's signature.</summary>
    public SettlementVote Sign(int member, Settlement settlement) =>
        new(settlement.Number, settlement.Epoch, _members[member].Sign(settlement.Digest(Domain).ToArray()).Bytes.ToArray());

    private static WorkerId WorkerOf(int member) => new(TestKeys.Of(NameOf(member)).PublicKey);

    private async Task Sign()
    {
        if (await Grain.GetCollection() is not { } collection)
        {
            return;
        }
        var file = await File(collection.Request.Number);
        if (file.Settlement.Hash() != collection.Request.Hash)
        {
            Faults.Add($"The file of settlement {collection.Request.Number} is another one than what is to be signed");
            return;
        }
        Faults.AddRange(SettlementChecks.Of(file).Where(check => check.Result == CheckResult.Broken).Select(check => check.Finding));
        for (var member = 0; member < _members.Length; member++)
        {
            var subject = (member, file.Settlement.Number, file.Settlement.Epoch);
            if (!collection.Missing.Contains(WorkerOf(member)) || Silent.Contains(member))
            {
                continue;
            }
            if (!_votes.TryAdd(subject, collection.Request.Hash) && _votes[subject] != collection.Request.Hash)
            {
                Faults.Add($"Member {member} is asked for two settlements {subject.Number} in epoch {subject.Epoch}");
                continue;
            }
            await Grain.Vote(WorkerOf(member), Sign(member, file.Settlement), Authority.Market);
        }
    }

    private static Secp256k1PrivateKey Key(string name) => new(Blake3.Hash(Encoding.UTF8.GetBytes($"key of {name}")).ToArray());

    private static BlsSecretKey KeyOf(string seed) => BlsSecretKey.FromSeed(Blake3.Hash(Encoding.UTF8.GetBytes(seed)).ToArray());
}
