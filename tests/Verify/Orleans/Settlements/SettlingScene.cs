using System.Diagnostics;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Silo;
using Marketplace.Testing;
using Marketplace.Tests;
using Marketplace.Verify.Chaos;
using Marketplace.Verify.Workers;
using Marketplace.Worker;

namespace Marketplace.Verify.Settling;

/// <summary>An account of the market and the address that stands for it.</summary>
/// <param name="Account">The account.</param>
/// <param name="Owner">The address's key.</param>
internal sealed record BoundAccount(AccountId Account, Secp256k1PrivateKey Owner)
{
    public EvmAddress Address { get; } = EvmAddresses.Of(Owner.PublicKey);
}

/// <summary>
/// A cluster whose market settles on a chain of its own: each silo has a tap on its line to the node, worker processes serve in the
/// committee on the chain, and a block comes every second.
/// </summary>
internal sealed class SettlingScene : IAsyncDisposable
{
    public const int Confirmations = 2;

    private const string Passphrase = "of the operator's key store";
    private const ulong MemberStake = 1_000;
    private const ulong FirstDeposit = 4_000_000_000;

    private static readonly TimeSpan BlockPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CreditedWithin = TimeSpan.FromMinutes(3);

    private readonly string _folder;
    private readonly Dictionary<int, ChainTap> _taps;
    private readonly CancellationTokenSource _over = new();
    private Task _mining = Task.CompletedTask;

    private SettlingScene(string folder, AnvilBench bench, ChaosCluster cluster, Dictionary<int, ChainTap> taps) =>
        (_folder, Bench, Cluster, _taps) = (folder, bench, cluster, taps);

    public AnvilBench Bench { get; }

    public ChaosCluster Cluster { get; }

    /// <summary>All accounts that money can come to: the operator's first, then the saver's, then the workers'.</summary>
    public List<BoundAccount> Accounts { get; } = [];

    /// <summary>Only deposits come to it: nothing else waits where its credit is held up.</summary>
    public BoundAccount Saver => Accounts[1];

    /// <summary>The operator's nonce before the market had sent anything.</summary>
    public ulong FirstNonce { get; private set; }

    public ChainTap TapOf(ChaosSilo silo) => _taps[silo.Number];

    /// <param name="silosMax">So many will ever be started.</param>
    /// <param name="look">Sees each transaction of a silo before the chain does.</param>
    public static async Task<SettlingScene> Make(string folder, string connectionString, int silosMax, Func<SignedTransaction, Task> look)
    {
        // The contracts are made for the key that the first silo takes up.
        var first = new SiloFolder(Path.Combine(folder, ChaosSilo.NameOf(1)));
        using var market = first.KeyPair(SiloFolder.MarketKey);
        var bench = await AnvilBench.Start(market.PublicKey);
        var (store, words) = (Path.Combine(folder, "operator.json"), Path.Combine(folder, "passphrase"));
        KeyStoreFile.Create(store, Passphrase, bench.Operator);
        await File.WriteAllTextAsync(words, Passphrase);
        var taps = new Dictionary<int, ChainTap>();
        for (var number = 1; number <= silosMax; number++)
        {
            taps.Add(number, await ChainTap.Start(new Uri(bench.Endpoint.Name), look));
        }
        string[] common =
        [
            "--chain",
            "evm",
            "--chain-id",
            $"{bench.Domain.ChainId}",
            "--escrow",
            $"{bench.Domain.Contract}",
            "--chain-key",
            store,
            "--chain-passphrase-file",
            words,
            "--chain-confirmations",
            $"{Confirmations}",
            "--settle-every",
            "2s",
        ];
        var cluster = new ChaosCluster(folder, connectionString, network: null, withWorkers: false, common)
        {
            Each = number => ["--chain-rpc", taps[number].Url],
        };
        return new SettlingScene(folder, bench, cluster, taps);
    }

    /// <summary>Every account has its address, every worker its stake on the chain, the operator money, and blocks come.</summary>
    public async Task Prepare(Crew crew)
    {
        var silo = Cluster.Alive[0];
        await using var market = Cluster.Client(silo, retries: true);
        using (var own = KeyFile.Open(Path.Combine(silo.Folder, "account.key")))
        {
            await Bind(market, own, 0x71);
        }
        using (var saver = KeyFile.Create(Path.Combine(_folder, "saver.key")))
        {
            await Open(market, saver, 0x72);
        }
        var number = (byte)0x80;
        foreach (var folder in crew.Folders)
        {
            using var key = KeyFile.Open(Path.Combine(folder, "worker.key"));
            await Open(market, key, ++number);
            using var secret = await SecretOf(folder);
            await Bench.Register(AnvilBench.Owner(number), new WorkerId(key.PublicKey), secret, MemberStake);
        }
        await Bench.NextEpoch();
        await Bench.Deposit(Accounts[0].Owner, FirstDeposit);
        FirstNonce = await Nonce();
        await Bench.StopMining();
        _mining = Mine();
        var clock = Stopwatch.StartNew();
        while ((await market.Account.Get()).Available.IsZero)
        {
            if (clock.Elapsed > CreditedWithin)
            {
                throw new InvalidOperationException(
                    $"The first deposit was not credited within {CreditedWithin}: {(await market.Settlement.Get()).Trouble}"
                );
            }
            await Task.Delay(200);
        }
    }

    public async Task<ulong> Nonce()
    {
        var head = await Bench.Chain.ReadHead(default);
        return await Bench.Chain.ReadNonce(head, default);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        foreach (var tap in _taps.Values)
        {
            tap.Release();
        }
        await Cluster.DisposeAsync();
        await _mining;
        foreach (var tap in _taps.Values)
        {
            await tap.DisposeAsync();
        }
        await Bench.DisposeAsync();
        _over.Dispose();
    }

    private async Task Open(MarketplaceClient market, Ed25519KeyPair key, byte number)
    {
        var opened = await market.Accounts.Open(key);
        await using var own = new MarketplaceClient(
            new MarketplaceClientOptions { Url = new DataFolder(Cluster.Alive[0].Folder).ReadUrl(), Key = opened.Key }
        );
        await Bind(own, key, number);
    }

    private async Task Bind(MarketplaceClient client, Ed25519KeyPair key, byte number)
    {
        var bound = new BoundAccount(new AccountId(key.PublicKey), AnvilBench.Owner(number));
        var digest = AccountOwner.Digest(Bench.Domain, bound.Account, bound.Address);
        await client.Account.SetChain(
            bound.Address,
            key.Sign(digest.ToArray()),
            AccountOwner.Sign(Bench.Domain, bound.Account, bound.Owner)
        );
        Accounts.Add(bound);
    }

    /// <summary>The worker keeps it to itself; here its folder is ours.</summary>
    private static async Task<BlsSecretKey> SecretOf(string folder)
    {
        var secret = new byte[BlsSecretKey.Size];
        _ =
            VoteLogFormat.ReadHead(await File.ReadAllBytesAsync(Path.Combine(folder, "committee.votes")), secret)
            ?? throw new InvalidOperationException($"'{folder}' has no vote log that can be read.");
        return new BlsSecretKey(secret);
    }

    private async Task Mine()
    {
        while (!_over.IsCancellationRequested)
        {
            await Bench.Mine();
            await Task.Delay(BlockPeriod, _over.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }
}
