using Marketplace.Grains;
using Marketplace.Storage;

namespace Marketplace.Tests.Silo;

/// <summary>States that Orleans's own storage keeps on a cluster, whose bytes are those of documents.</summary>
public sealed class ClusterStateTests
{
    private static readonly DocumentKey Start = new("market", "wasm");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StatesOfEarlierBuilds_GoOnInOrleansStorage_AndAnExportHasTheNewest()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var options = new PostgresStoreOptions { ConnectionString = cluster.Database, Projections = MarketProjections.All };
        await using (var earlier = await PostgresStore.Open(options, TimeProvider.System, Cancellation))
        {
            // The start 2^41, later than any clock of ours: zigzag, seven bits a byte.
            await earlier.Write(Start, 0, Convert.FromHexString("0180808080808001"));
        }
        var silo = Assert.Single(await cluster.Start(Cancellation, "one"));
        var (code, output, _) = await CommandLine.Run(
            silo.Folder,
            "job",
            "run",
            CommandLine.Program("echo"),
            "--text",
            "hello",
            "--data",
            silo.Folder
        );
        Assert.Equal((0, "HELLO"), (code, output));
        Assert.Equal(0, await silo.Stop(Cancellation));

        await using (var after = await PostgresStore.Open(options, TimeProvider.System, Cancellation))
        {
            Assert.Equal(1, (await after.Read(Start, Cancellation))?.Version);
            Assert.Empty(await after.Scan("worker", Cancellation).ToListAsync(Cancellation));
        }
        await using var contents = await PostgresContents.Open(cluster.Database, requireDurableServer: false, Cancellation);
        var documents = await contents.Documents(Cancellation).ToDictionaryAsync(pair => pair.Key, pair => pair.Value, null, Cancellation);
        // The next number of the first of eight shards: 2^41 + 8.
        Assert.Equal("0190808080808001", Convert.ToHexStringLower(documents[Start].Content.Span));
        Assert.Single(documents.Keys, key => key.Kind == "worker");
    }
}
