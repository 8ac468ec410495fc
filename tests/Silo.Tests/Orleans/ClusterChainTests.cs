using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Silo;
using Marketplace.Testing;

namespace Marketplace.Tests.Silo;

/// <summary>All silos of a cluster settle at one place: the database says where, and a silo with other options does not join.</summary>
public sealed class ClusterChainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SiloThatSettlesElsewhere_DoesNotJoin()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        await using var cluster = await ClusterOfSilos.Make();
        await using var own = await AnvilBench.Start(MarketOf(cluster, "one"));
        var another = await own.DeployEscrow();
        await using var first = SiloProcess.Launch(
            cluster.FolderOf("one"),
            [.. cluster.Options, .. Chain(cluster, own, own.Domain.Contract)]
        );
        await first.Ready(Cancellation);

        var began = $"settles on chain 31337 by the contract {own.Domain.Contract}, for ever";
        Assert.Contains($"{began}; the options say that it settles on no chain", await Refusal("two", []), StringComparison.Ordinal);
        Assert.Contains(began, await Refusal("two", Chain(cluster, own, another)), StringComparison.Ordinal);

        await using var second = SiloProcess.Launch(
            cluster.FolderOf("two"),
            [.. cluster.Options, .. Chain(cluster, own, own.Domain.Contract)]
        );
        await second.Ready(Cancellation);

        async Task<string> Refusal(string folder, string[] options)
        {
            await using var silo = SiloProcess.Launch(cluster.FolderOf(folder), [.. cluster.Options, .. options]);
            Assert.Equal(2, await silo.Ended(Cancellation));
            return silo.Output;
        }
    }

    /// <summary>Neither has seen the other when it looks: the database takes one.</summary>
    [Fact]
    public async Task SilosOfTwoMinds_ThatStartAtOnce_BecomeOneMarket()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        await using var cluster = await ClusterOfSilos.Make();
        await using var chain = await AnvilBench.Start(MarketOf(cluster, "one"));
        // Whichever is first, the market has the key for which the contracts are.
        using (new SiloFolder(cluster.FolderOf("two")).KeyPair(SiloFolder.WorkerKey)) { }
        File.Copy(KeyOf(cluster, "one"), KeyOf(cluster, "two"));
        await using var settles = SiloProcess.Launch(
            cluster.FolderOf("one"),
            [.. cluster.Options, .. Chain(cluster, chain, chain.Domain.Contract)]
        );
        await using var plain = SiloProcess.Launch(cluster.FolderOf("two"), cluster.Options);

        var ready = await Task.WhenAll(IsReady(settles), IsReady(plain));

        Assert.Single(ready, isReady => isReady);
        var refused = ready[0] ? plain : settles;
        Assert.Equal(2, await refused.Ended(Cancellation));
        Assert.Contains("for ever; the options say", refused.Output, StringComparison.Ordinal);
    }

    private static async Task<bool> IsReady(SiloProcess silo)
    {
        try
        {
            await silo.Ready(Cancellation);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string KeyOf(ClusterOfSilos cluster, string name) => Path.Combine(cluster.FolderOf(name), SiloFolder.MarketKey);

    /// <summary>The silo of this folder takes the key up.</summary>
    private static Bytes32 MarketOf(ClusterOfSilos cluster, string name)
    {
        using var key = new SiloFolder(cluster.FolderOf(name)).KeyPair(SiloFolder.MarketKey);
        return key.PublicKey;
    }

    private static string[] Chain(ClusterOfSilos cluster, AnvilBench chain, EvmAddress escrow)
    {
        const string Passphrase = "of the key store";
        var (store, words) = (Path.Combine(cluster.FolderOf(""), "operator.json"), Path.Combine(cluster.FolderOf(""), "passphrase"));
        if (!File.Exists(store))
        {
            KeyStoreFile.Create(store, Passphrase, chain.Operator);
            File.WriteAllText(words, Passphrase);
        }
        return
        [
            "--chain",
            "evm",
            "--chain-rpc",
            chain.Endpoint.Name,
            "--chain-id",
            "31337",
            "--escrow",
            $"{escrow}",
            "--chain-key",
            store,
            "--chain-passphrase-file",
            words,
        ];
    }
}
