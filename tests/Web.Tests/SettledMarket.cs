using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Chain;
using Marketplace.Cli.Tests;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Testing;
using Microsoft.Playwright;

namespace Marketplace.Tests.Web;

/// <summary>
/// A market on a chain of its own: contracts, a silo, and three workers in processes of their own, each with enough at stake to sign
/// settlements. Wallets are accounts of which the node has the keys.
/// </summary>
public sealed class SettledMarket(Chromium chromium) : Market(chromium)
{
    /// <summary>The least committee that settles.</summary>
    private const int WorkerCount = 3;
    private const string Stake = "200000000";

    /// <summary>Of the accounts that every such node has (<c>anvil --help</c>), the first two: one deposits, the other one earns.</summary>
    private static readonly string[] Secrets =
    [
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    ];

    private readonly Shell _shell = new() { IsOnNetwork = true };
    private readonly List<WorkerProgram> _crew = [];
    private readonly HttpClient _http = new();
    private JsonElement _made;

    /// <summary>The chain; null: there is no anvil here.</summary>
    internal AnvilNode? Chain { get; private set; }

    /// <summary>The key of the account that the first worker earns for, which reads.</summary>
    public string WorkerKey => File.ReadAllText(Path.Combine(WorkerFolder(1), "key")).Trim();

    /// <summary>The first worker.</summary>
    public WorkerId Worker
    {
        get
        {
            using var key = KeyFile.Open(Path.Combine(WorkerFolder(1), "worker.key"));
            return new WorkerId(key.PublicKey);
        }
    }

    public string Escrow => _made.GetProperty("escrow").GetString()!;

    /// <summary>The wallets' addresses.</summary>
    public static IReadOnlyList<EvmAddress> Owners { get; } = [.. Secrets.Select(AddressOf)];

    public override async ValueTask InitializeAsync()
    {
        if (!IsUsed || !(AnvilNode.IsInstalled || Vectors.Required))
        {
            return;
        }
        Chain = await AnvilNode.Start();
        await Chain.Tell("evm_setAutomine", true);
        _shell.Environment.Clear();
        _shell.Environment["MARKET_CHAIN_RPC"] = Chain.Endpoint.ToString();
        _shell.Environment["MARKET_CHAIN_PASSPHRASE"] = "word";
        _shell.Environment["MARKET_DATA"] = SiloFolder;
        File.WriteAllText(Path.Combine(_shell.Folder, "passphrase"), "word\n");
        await _shell.Do("chain", "fund", await NewKey("operator"));
        string[] terms = ["--stake-min", "100000000", "--epoch-length", "60s", "--unbonding", "10m", "--exit-delay", "4m"];
        _made = await _shell.Do(["chain", "deploy", "--chain-key", "operator.json", "--development-token", .. terms, "--yes"]);
        await StartSilo([.. "--worker false --settle-every 1s --epoch 2 --epoch-shares 20 --chain evm".Split(' '), .. ChainOptions()]);
        await Task.WhenAll(Enumerable.Range(1, WorkerCount).Select(StartWorker));
        for (var number = 1; number <= WorkerCount; number++)
        {
            // Who puts money at stake for a worker on the chain stands for its account, for ever.
            var staker = number == 1 ? KeepKey("w1", Secrets[1]) : await NewKey($"w{number}");
            await _shell.Do("chain", "fund", staker, "--tokens", Stake);
            await _shell.Do("worker", "stake", "own", "200DEV", "--chain-key", $"w{number}.json", "--data", WorkerFolder(number));
        }
        // A stake counts from the chain's next epoch on.
        await Chain.Tell("evm_increaseTime", 60);
        await Chain.Mine();
        await StandForTheOperator(Secrets[0]);
    }

    /// <summary>A page in a browser with a wallet, which asks its owner nothing.</summary>
    public async Task<IPage> WithWallet(WatchedPage watched, EvmAddress address, string path = "/money")
    {
        await watched.Page.ExposeFunctionAsync<string, Task<string>>("askNode", Ask);
        await watched.Page.AddInitScriptAsync(
            $$"""
            window.ethereum = {
              request: async ({ method, params = [] }) => {
                if (method === 'eth_requestAccounts' || method === 'eth_accounts') {
                  return ['{{address}}'];
                }
                const answer = JSON.parse(await window.askNode(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })));
                if (answer.error) {
                  throw answer.error;
                }
                return answer.result;
              },
            };
            """
        );
        var page = await watched.Go(path);
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect a wallet" }).ClickAsync();
        return page;
    }

    public Task Give(EvmAddress address, ulong tokens) =>
        _shell.Do("chain", "fund", $"{address}", "--token", Token, "--tokens", $"{tokens}");

    /// <summary>What an address has of the market's token.</summary>
    public async Task<ulong> Tokens(string address) =>
        Shell.Number(await _shell.Do("chain", "balance", address, "--token", Token), "tokens");

    public override async ValueTask DisposeAsync()
    {
        foreach (var worker in _crew)
        {
            await worker.DisposeAsync();
        }
        await base.DisposeAsync();
        if (Chain is not null)
        {
            await Chain.DisposeAsync();
        }
        _http.Dispose();
        _shell.Dispose();
    }

    private string Token => _made.GetProperty("token").GetString()!;

    private string WorkerFolder(int number) => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"w{number}"));

    private string[] ChainOptions() =>
        [
            "--chain-rpc",
            Chain!.Endpoint.ToString(),
            "--chain-id",
            "31337",
            "--escrow",
            Escrow,
            "--chain-key",
            Path.Combine(_shell.Folder, "operator.json"),
            "--chain-passphrase-file",
            Path.Combine(_shell.Folder, "passphrase"),
            "--chain-confirmations",
            "2",
        ];

    private async Task StartWorker(int number)
    {
        var worker = WorkerProgram.Start([
            "--url",
            Url,
            "--data",
            WorkerFolder(number),
            "--slots",
            "1",
            "--price",
            "1000",
            .. number == 1 ? ["--label", "earns=first"] : Array.Empty<string>(),
        ]);
        _crew.Add(worker);
        await worker.Line("offers its slots", TestContext.Current.CancellationToken);
    }

    private async Task<string> NewKey(string name) =>
        (await _shell.Do("chain", "key", "new", $"{name}.json")).GetProperty("address").GetString()!;

    private string KeepKey(string name, string secret)
    {
        using var key = new Secp256k1PrivateKey(Convert.FromHexString(secret));
        KeyStoreFile.Create(Path.Combine(_shell.Folder, $"{name}.json"), "word", key);
        return $"{AddressOf(secret)}";
    }

    /// <summary>As the command line does it before the first deposit or claim: no browser has an account's own key.</summary>
    private async Task StandForTheOperator(string secret)
    {
        using var account = KeyFile.Open(Path.Combine(SiloFolder, "account.key"));
        using var owner = new Secp256k1PrivateKey(Convert.FromHexString(secret));
        using var market = KeyFile.Open(Path.Combine(SiloFolder, "market.key"));
        var domain = new MarketDomain(market.PublicKey, 31337, EvmAddress.Parse(Escrow));
        var (id, address) = (new AccountId(account.PublicKey), AddressOf(secret));
        await Client.Account.SetChain(
            address,
            account.Sign(AccountOwner.Digest(domain, id, address).ToArray()),
            AccountOwner.Sign(domain, id, owner),
            TestContext.Current.CancellationToken
        );
    }

    private static EvmAddress AddressOf(string secret)
    {
        using var key = new Secp256k1PrivateKey(Convert.FromHexString(secret));
        return EvmAddresses.Of(key.PublicKey);
    }

    private async Task<string> Ask(string question)
    {
        using var content = new StringContent(question, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using var answer = await _http.PostAsync(new Uri(Chain!.Endpoint.Name), content);
        return await answer.Content.ReadAsStringAsync();
    }
}
