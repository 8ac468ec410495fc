using System.Text.Json;
using Marketplace.Testing;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

public sealed class ChainTests : IDisposable
{
    private const string Address = "0x00000000000000000000000000000000000000e5";

    private readonly Shell _shell = new() { IsOnNetwork = true };

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("'0x12' is not a value for --escrow", "chain", "show", "--escrow", "0x12")]
    [InlineData(
        "'0x00000000000000000000000000000000000000aB' is not a value for --escrow",
        "chain",
        "show",
        "--escrow",
        "0x00000000000000000000000000000000000000aB"
    )]
    [InlineData("--escrow is not given", "chain", "show")]
    [InlineData("The node's address is no URL", "chain", "show", "--escrow", Address, "--rpc", "secret")]
    [InlineData("--chain-key is not given", "account", "claim", "--escrow", Address)]
    [InlineData("'1.5' is not a value for AMOUNT", "account", "deposit", "1.5")]
    [InlineData("'1,5DEV' is not a value for AMOUNT", "account", "deposit", "1,5DEV")]
    [InlineData("'DEV' is not a value for AMOUNT", "account", "deposit", "DEV")]
    [InlineData("'none' is not a value for WORKER", "worker", "stake", "none", "5")]
    [InlineData("--rpc is of stakes on the chain", "worker", "stake", "own", "5", "--rpc", "http://127.0.0.1:1")]
    [InlineData("--amount is of stakes on the chain", "worker", "unstake", "own", "--amount", "5")]
    [InlineData("One of --token and --development-token", "chain", "deploy")]
    [InlineData("One of --token and --development-token", "chain", "deploy", "--token", Address, "--development-token")]
    [InlineData("Contracts cost coins", "chain", "deploy", "--development-token")]
    [InlineData("--chain-key is not given", "chain", "deploy", "--development-token", "--yes")]
    [InlineData("The key store's passphrase is not given", "chain", "key", "new", "key.json")]
    [InlineData("'1' is not a value for --epoch-length", "chain", "deploy", "--epoch-length", "1")]
    [InlineData("'65536' is not a value for --port", "chain", "start", "--port", "65536")]
    public async Task WrongWords_AreUsage_AndNothingIsMade(string expected, params string[] words)
    {
        var ran = await _shell.Run(words);

        Assert.Equal((ExitCodes.Usage, ""), (ran.ExitCode, ran.Text));
        Assert.StartsWith($"market: {expected}", ran.Error);
        Assert.DoesNotContain("secret", ran.Error);
        Assert.Empty(Directory.GetFileSystemEntries(_shell.Folder));
    }

    [Fact]
    public async Task NodeThatDoesNotAnswer_IsNamedWithoutItsSecret()
    {
        var ran = await _shell.Run("chain", "show", "--escrow", Address, "--rpc", "http://127.0.0.1:1/secret");

        Assert.Equal(ExitCodes.Unreachable, ran.ExitCode);
        Assert.StartsWith("market: The chain cannot be asked at http://127.0.0.1:1. It does not answer.\nCheck --rpc", ran.Error);
        Assert.DoesNotContain("secret", ran.Error);
    }

    [Fact]
    public async Task KeyStore_IsMadeOnce_AndOpensWithItsPassphraseAlone()
    {
        File.WriteAllText(Path.Combine(_shell.Folder, "passphrase"), "word\n");

        var made = await _shell.Run("chain", "key", "new", "key.json", "--passphrase-file", "passphrase");
        var again = await _shell.Run("chain", "key", "new", "key.json", "--passphrase-file", "passphrase");
        var shown = await _shell.Run("chain", "key", "show", "key.json", "--passphrase-file", "passphrase");
        using var key = Chain.KeyStoreFile.Open(Path.Combine(_shell.Folder, "key.json"), "word");

        Assert.Equal(ExitCodes.Ok, made.ExitCode);
        Assert.Equal($"{Crypto.EvmAddresses.ToCheckedText(Crypto.EvmAddresses.Of(key.PublicKey))}\n", made.Text);
        Assert.Equal(made.Text, shown.Text);
        Assert.Equal(ExitCodes.LocalFile, again.ExitCode);
    }

    [Fact]
    public async Task FileThatHoldsMoreThanAPassphrase_IsNotTakenForOne()
    {
        var path = _shell.Write("passphrase", new byte[5000]);

        var ran = await _shell.Run("chain", "key", "new", "key.json", "--passphrase-file", "passphrase");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.StartsWith($"market: {path} has more than 4096 bytes, and it is to hold a passphrase.", ran.Error);
    }

    [Fact]
    public async Task AnvilThatIsNotThere_IsSaid()
    {
        _shell.Environment["MARKETPLACE_ANVIL"] = "nowhere";

        var ran = await _shell.Run("chain", "start", "--port", "0");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.StartsWith("market: MARKETPLACE_ANVIL is 'nowhere', where there is no anvil.\nRun 'npm ci'", ran.Error);
    }

    /// <summary>An installed command knows no other tree. Without a PATH there is no Node, which is said of what was found.</summary>
    [Fact]
    public async Task Anvil_OfTheSourceTreeThatTheCommandIsCalledIn_IsFound()
    {
        File.WriteAllText(Path.Combine(_shell.Folder, "Marketplace.sln"), "");
        var folder = Directory.CreateDirectory(Path.Combine(_shell.Folder, "contracts", "evm", "node_modules", ".bin")).FullName;
        File.WriteAllText(Path.Combine(folder, "anvil"), "#!/usr/bin/env node");

        var ran = await _shell.Run("chain", "start", "--port", "0");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.StartsWith($"market: {Path.Combine(folder, "anvil")} needs Node, which is not on the PATH.", ran.Error);
    }

    [Fact]
    public async Task Contracts_AreMadeAndShown_OnAChainOfOnesOwn()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        using var starting = new Shell { IsOnNetwork = true };
        var isReady = new TaskCompletionSource();
        starting.WhenSaid = isReady.SetResult;
        starting.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH")!;
        var chain = starting.Run("chain", "start", "--port", "0");
        await Task.WhenAny(isReady.Task, chain);
        Assert.True(isReady.Task.IsCompleted, starting.Error.ToString());
        var url = System.Text.Encoding.UTF8.GetString(((MemoryStream)starting.Running!.Output).ToArray()).Trim();
        _shell.Environment["MARKET_CHAIN_RPC"] = url;
        _shell.Environment["MARKET_CHAIN_PASSPHRASE"] = "word";

        var address = (await _shell.Run("chain", "key", "new", "key.json")).Text.Trim();
        string[] deploy = ["chain", "deploy", "--chain-key", "key.json", "--development-token", "--stake-min", "100"];
        var poor = await _shell.Run([.. deploy, "--yes"]);
        var funded = await _shell.Run("chain", "fund", address);
        _shell.InputIsTerminal = true;
        _shell.Input = "n\n"u8.ToArray();
        var declined = await _shell.Run(deploy);
        _shell.Input = "y\n"u8.ToArray();
        var asked = await _shell.Run(deploy);
        var made = Field(asked, "escrow");
        var shown = await _shell.Run("chain", "show", "--escrow", made, "--json");
        var token = Field(asked, "token").Split(' ')[0];
        var minted = await _shell.Run("chain", "fund", address, "--token", token, "--tokens", "7");
        var wrong = await _shell.Run("chain", "show", "--escrow", token);
        var refused = await _shell.Run([.. deploy[..4], "--token", token, "--epoch-length", "1s", "--yes"]);
        File.WriteAllText(Path.Combine(_shell.Folder, "data", "key"), Shell.Key);
        var late = await _shell.Run([.. deploy, "--yes"]);
        starting.Running.Interrupt();
        var ended = await chain;

        Assert.Equal((ExitCodes.Refused, ""), (poor.ExitCode, poor.Text));
        Assert.Contains("The contracts cost at most 0.0", poor.Error);
        Assert.Equal(ExitCodes.Ok, funded.ExitCode);
        Assert.Equal((ExitCodes.Interrupted, ""), (declined.ExitCode, declined.Text));
        Assert.StartsWith("Make the contracts of market ", asked.Error);
        Assert.Contains(" on chain 31337, by 0x", asked.Error);
        Assert.Contains($"--chain evm --chain-rpc {url} --chain-id 31337 --escrow {made} --chain-key key.json\n", asked.Text);
        using var document = JsonDocument.Parse(shown.Output);
        var terms = document.RootElement;
        Assert.Equal(made, terms.GetProperty("escrow").GetString());
        Assert.Equal(address.ToLowerInvariant(), terms.GetProperty("operator").GetString());
        using var market = Crypto.KeyFile.Open(Path.Combine(_shell.Folder, "data", "market.key"));
        Assert.Equal(market.PublicKey.ToString(), terms.GetProperty("market").GetString());
        Assert.Equal(ExitCodes.Ok, minted.ExitCode);
        Assert.Equal(ExitCodes.Refused, wrong.ExitCode);
        Assert.Contains("is not the Escrow of this build", wrong.Error);
        Assert.StartsWith("market: The contract refuses: TermsInvalid(\"epochLength\")", refused.Error);
        Assert.Equal((ExitCodes.LocalFile, ""), (late.ExitCode, late.Text));
        Assert.Contains(" has begun, and keeps to where it settles", late.Error);
        Assert.Equal(ExitCodes.Ok, ended.ExitCode);
    }

    private static string Field(Ran ran, string name) =>
        ran.Text.Split('\n').Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal))[name.Length..].Trim();
}
