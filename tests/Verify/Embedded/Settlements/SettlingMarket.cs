using System.Globalization;
using System.Security.Cryptography;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Silo;
using Marketplace.Storage;
using Marketplace.Tests;
using Marketplace.Worker;

namespace Marketplace.Verify.Settlements;

/// <summary>
/// A real silo whose market settles on a real chain, with workers that run its jobs and sign its settlements. The silo is killed and
/// started again; all others live on.
/// </summary>
internal sealed class SettlingMarket : IAsyncDisposable
{
    private const int Workers = 3;
    private const string Passphrase = "passphrase";

    private readonly string _folder;
    private readonly int _confirmations;
    private readonly Secp256k1PrivateKey _operator;
    private readonly List<WorkerProgram> _workers = [];
    private readonly Strike _strike;
    private readonly JournalWatch _watch;
    private ChainGate _gate = null!;
    private SiloProcess? _silo;
    private CancellationTokenSource _over = new();
    private Task _watching = Task.CompletedTask;
    private string _url = "http://127.0.0.1:0";

    private SettlingMarket(string folder, int confirmations, Strike strike)
    {
        (_folder, _confirmations, _strike) = (folder, confirmations, strike);
        _operator = NewKey();
        _watch = new JournalWatch(Path.Combine(Data, "store"), Steps, strike);
    }

    public string Data => Path.Combine(_folder, "silo");

    public WriteSteps Steps { get; } = new();

    public SettlingChain Chain { get; private set; } = null!;

    public ChainGate Gate => _gate;

    public Secp256k1PrivateKey Operator => _operator;

    /// <summary>The client that pays for jobs, and the workers' accounts.</summary>
    public List<SettlingParty> Parties { get; } = [];

    public SettlingParty Client => Parties[0];

    public string LastOutput { get; private set; } = "";

    public SiloProcess Silo => _silo ?? throw new InvalidOperationException("The silo does not run.");

    /// <summary>What came on the disk after the step that the silo was last killed for.</summary>
    public int Later => _watch.Later;

    /// <summary>Where the keys of all accounts are.</summary>
    public IReadOnlyList<string> Folders => [Data, .. Enumerable.Range(0, Workers).Select(WorkerFolder)];

    public static async Task<SettlingMarket> Start(string folder, int confirmations, Strike strike)
    {
        var market = new SettlingMarket(folder, confirmations, strike);
        try
        {
            await market.Begin();
            return market;
        }
        catch
        {
            await market.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client without retries of its own, for a silo that may be gone.</summary>
    public MarketplaceClient Open()
    {
        var options = MarketplaceClientOptions.FromDataFolder(Data);
        options.Retries = 0;
        return new MarketplaceClient(options);
    }

    /// <summary>The file of a settlement; null where the silo does not give it now.</summary>
    public async Task<SettlementFile?> FileOf(ulong number)
    {
        await using var client = Open();
        try
        {
            return await client.Settlement.GetFile(number);
        }
        catch (Exception gone) when (gone is MarketplaceUnreachableException or MarketplaceException)
        {
            return null;
        }
    }

    /// <summary>Waits for the end of a silo that was killed, and starts it again.</summary>
    public async Task Restart()
    {
        await End();
        await Run();
    }

    public async Task Stop()
    {
        var code = await Silo.Stop(CancellationToken.None);
        await End();
        if (code != 0)
        {
            throw new InvalidOperationException($"The silo ended with code {code}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await End();
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }
        if (_gate is not null)
        {
            await _gate.DisposeAsync();
        }
        if (Chain is not null)
        {
            await Chain.DisposeAsync();
        }
        _watch.Dispose();
        _over.Dispose();
        _operator.Dispose();
        foreach (var party in Parties)
        {
            party.Account.Dispose();
            party.Owner.Dispose();
        }
    }

    private async Task Begin()
    {
        OwnerFiles.In(Data);
        using var market = KeyFile.Create(Path.Combine(Data, SiloFolder.MarketKey));
        Parties.Add(new SettlingParty("the client", KeyFile.Create(Path.Combine(Data, SiloFolder.AccountKey)), NewKey()));
        KeyStoreFile.Create(Path.Combine(_folder, "operator.json"), Passphrase, _operator);
        await File.WriteAllTextAsync(Path.Combine(_folder, Passphrase), Passphrase);
        Chain = await SettlingChain.Start(market.PublicKey, _operator);
        _gate = await ChainGate.Start(Chain.Node, _strike);
        for (var index = 0; index < Workers; index++)
        {
            await Join(index);
        }
        await Chain.PassEpochs(1);
        await Run();
        _url = (await File.ReadAllTextAsync(Path.Combine(Data, SiloFolder.Url))).Trim();
        foreach (var party in Parties)
        {
            await Bind(party);
        }
        for (var index = 0; index < Workers; index++)
        {
            _workers.Add(
                WorkerProgram.Start("--url", _url, "--data", WorkerFolder(index), "--slots", "1", "--price", "1000", "--isolation", "none")
            );
        }
        await Task.WhenAll(_workers.Select(worker => worker.Line("offers its slots", CancellationToken.None)));
    }

    /// <summary>A worker's keys, and its registration on the chain.</summary>
    private async Task Join(int index)
    {
        var folder = WorkerFolder(index);
        OwnerFiles.In(folder);
        var party = new SettlingParty($"worker {index}", KeyFile.Create(Path.Combine(folder, SiloFolder.WorkerKey)), NewKey());
        Parties.Add(party);
        using var random = RandomNumberGenerator.Create();
        var worker = new WorkerId(party.Account.PublicKey);
        // The log has the key from here on, and disposes it.
        var key = BlsSecretKey.Generate(random);
        using var files = new VoteFiles(folder);
        using var votes = VoteLog.Create(files, key, worker, TimeProvider.System);
        await Chain.Register(party.Owner, worker, key);
    }

    /// <summary>Each account says which address stands for it.</summary>
    private async Task Bind(SettlingParty party)
    {
        await using var market = Open();
        var key =
            party == Client
                ? await File.ReadAllTextAsync(Path.Combine(Data, SiloFolder.ApiKey))
                : (await market.Accounts.Open(party.Account)).Key;
        await using var client = new MarketplaceClient(new MarketplaceClientOptions { Url = new Uri(_url), Key = key.Trim() });
        var digest = AccountOwner.Digest(Chain.Domain, party.Id, party.Address).ToArray();
        await client.Account.SetChain(party.Address, party.Account.Sign(digest), AccountOwner.Sign(Chain.Domain, party.Id, party.Owner));
    }

    private async Task Run()
    {
        string[] arguments =
        [
            "--urls",
            _url,
            "--data",
            Data,
            "--worker",
            "false",
            "--chain",
            "evm",
            "--chain-rpc",
            _gate.Url,
            "--chain-id",
            SettlingChain.ChainId.ToString(CultureInfo.InvariantCulture),
            "--escrow",
            Chain.Domain.Contract.ToString(),
            "--chain-key",
            Path.Combine(_folder, "operator.json"),
            "--chain-passphrase-file",
            Path.Combine(_folder, Passphrase),
            "--chain-confirmations",
            _confirmations.ToString(CultureInfo.InvariantCulture),
            "--settle-every",
            "1s",
        ];
        _silo = SiloProcess.LaunchWith(arguments, Data);
        _over = new CancellationTokenSource();
        _watching = _watch.Follow(_over.Token);
        await _silo.Ready(CancellationToken.None);
    }

    private async Task End()
    {
        if (_silo is null)
        {
            return;
        }
        await _silo.DisposeAsync();
        LastOutput = _silo.Output;
        await _over.CancelAsync();
        await _watching;
        _over.Dispose();
        _silo = null;
    }

    private string WorkerFolder(int index) => Path.Combine(_folder, $"worker-{index}");

    private static Secp256k1PrivateKey NewKey()
    {
        using var random = RandomNumberGenerator.Create();
        return Secp256k1PrivateKey.Generate(random);
    }
}
