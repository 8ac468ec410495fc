using Marketplace.Testing;

namespace Marketplace.Tests.Silo;

/// <summary>The real silo beside a real chain: what its start sees of the contracts, and what it refuses.</summary>
public sealed class ChainStartTests
{
    private const string Nowhere = "http://127.0.0.1:1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Market_SettlesWhereItBegan_AndNowhereElse()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        using var folder = new TemporaryFolder();
        await using var anvil = await AnvilNode.Start();
        await anvil.Tell("evm_setAutomine", true);
        var node = anvil.Endpoint.Name;
        File.WriteAllText(Path.Combine(folder.Path, "passphrase"), "word\n");
        var stranger = await NewKey(folder.Path, "stranger.json");
        var own = await NewKey(folder.Path, "operator.json");
        var escrow = await Deploy(folder.Path, node, own);
        string[] Options(string rpc = "", string id = "31337", string at = "", string key = "operator.json") =>
            [
                "--chain",
                "evm",
                "--chain-rpc",
                rpc.Length > 0 ? rpc : node,
                "--chain-id",
                id,
                "--escrow",
                at.Length > 0 ? at : escrow,
                "--chain-key",
                Path.Combine(folder.Path, key),
                "--chain-passphrase-file",
                Path.Combine(folder.Path, "passphrase"),
            ];
        Task<string> Refusal(string data, string[] options) => RefusalOf(Path.Combine(folder.Path, data), options);
        Task<string> Run(string data, string[] options) => Ran(Path.Combine(folder.Path, data), options);

        Assert.Contains(
            $"{node}: The node follows the chain 31337, not 1.",
            await Refusal("data", Options(id: "1")),
            StringComparison.Ordinal
        );
        Assert.Contains("has no contract at", await Refusal("data", Options(at: stranger)), StringComparison.Ordinal);
        Assert.Contains(
            $"--chain-key: its address is {stranger}; ",
            await Refusal("data", Options(key: "stranger.json")),
            StringComparison.Ordinal
        );
        Assert.Contains("The first start of a market needs it", await Refusal("data", Options(Nowhere)), StringComparison.Ordinal);
        Assert.Contains("was made for the market", await Refusal("other", Options()), StringComparison.Ordinal);

        Assert.Contains(
            "the unbonding delay of the escrow's registry must be 08:02:00 or more, and it is 05:00:00",
            await Refusal("data", [.. Options(), "--epoch", "120"]),
            StringComparison.Ordinal
        );

        Assert.Contains($"settles on chain 31337 by the contract {escrow} in DEV", await Run("data", Options()), StringComparison.Ordinal);
        Assert.Contains("The silo starts all the same", await Run("data", Options(Nowhere)), StringComparison.Ordinal);
        Assert.Contains(
            $"Start it with --chain evm --chain-id 31337 --escrow {escrow}",
            await Refusal("data", []),
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"--escrow {escrow}, or begin another market",
            await Refusal("data", Options(at: stranger)),
            StringComparison.Ordinal
        );

        Assert.DoesNotContain("chain", await Run("plain", []), StringComparison.Ordinal);
        Assert.Contains("Start it with --chain none", await Refusal("plain", Options()), StringComparison.Ordinal);
    }

    /// <returns>What a silo says that does not start.</returns>
    private static async Task<string> RefusalOf(string data, string[] options)
    {
        await using var silo = SiloProcess.Launch(data, options);
        Assert.Equal(2, await silo.Ended(Cancellation));
        return silo.Output;
    }

    /// <returns>What a silo says that starts and is stopped.</returns>
    private static async Task<string> Ran(string data, string[] options)
    {
        await using var silo = await SiloProcess.Start(data, Cancellation, options);
        Assert.Equal(0, await silo.Stop(Cancellation));
        return silo.Output;
    }

    private static async Task<string> NewKey(string folder, string file)
    {
        var (code, output, error) = await CommandLine.Run(folder, "chain", "key", "new", file, "--passphrase-file", "passphrase");
        Assert.True(code == 0, error);
        return output.Trim().ToLowerInvariant();
    }

    private static async Task<string> Deploy(string folder, string node, string payer)
    {
        var (funded, _, poor) = await CommandLine.Run(folder, "chain", "fund", payer, "--rpc", node);
        Assert.True(funded == 0, poor);
        var (code, output, error) = await CommandLine.Run(
            folder,
            "chain",
            "deploy",
            "--rpc",
            node,
            "--chain-key",
            "operator.json",
            "--passphrase-file",
            "passphrase",
            "--development-token",
            "--unbonding",
            "5h",
            "--data",
            "data",
            "--yes"
        );
        Assert.True(code == 0, error);
        return output.Split('\n').Single(line => line.StartsWith("escrow ", StringComparison.Ordinal))["escrow".Length..].Trim();
    }
}
