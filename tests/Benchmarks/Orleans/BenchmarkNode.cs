using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Storage;
using Marketplace.Testing;
using Marketplace.Tests;

namespace Marketplace.Benchmarks;

/// <summary>
/// What a silo of this kind needs beside its data folder, and where its books are: a PostgreSQL database, which is used by nobody else.
/// </summary>
internal sealed class BenchmarkNode : IAsyncDisposable
{
    private const string Variable = "MARKET_DATABASE";

    private readonly string _folder;
    private readonly PostgresServer? _server;
    private readonly string _database;
    private IReadOnlyList<string> _folders;

    private BenchmarkNode(string folder, PostgresServer? server, string database) =>
        (_folder, _server, _database, _folders) = (folder, server, database, [folder]);

    /// <summary>
    /// The options to start each silo with; a database of the environment the silos find themselves. They talk over mutual TLS.
    /// </summary>
    public string[] Options =>
        [
            "--silo-port",
            "0",
            "--blob-folder",
            Path.Combine(_folder, "blobs"),
            "--silo-certificates",
            Path.Combine(_folder, "certificates"),
            .. _server is null ? Array.Empty<string>() : ["--database", _database],
        ];

    /// <summary>The data folders of its silos.</summary>
    public IEnumerable<string> Folders(int count) =>
        _folders = [_folder, .. Enumerable.Range(2, count - 1).Select(number => Path.Combine(_folder, $"silo-{number}"))];

    /// <exception cref="BenchmarkException">There is no database, or it has been used.</exception>
    public static async Task<BenchmarkNode> Make(string folder)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            await RequireNew(given);
            return new BenchmarkNode(folder, null, given);
        }
        if (!PostgresServer.IsInstalled)
        {
            throw new BenchmarkException(
                "The silo was built for a cluster and needs PostgreSQL. Install it (Debian: apt-get install postgresql), name an empty "
                    + "database in "
                    + $"{Variable}, or build without -p:GrainHost=orleans."
            );
        }
        var server = await PostgresServer.Start(durable: true);
        return new BenchmarkNode(folder, server, await server.CreateDatabase());
    }

    /// <summary>The books of the stopped silos, from the database that they wrote to.</summary>
    public async Task<Books> ReadBooks()
    {
        await using var store = await Open(_database);
        return await Books.Read(store, _folders);
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;

    private static async Task RequireNew(string database)
    {
        try
        {
            await using var store = await Open(database);
            if (await store.Read(new DocumentKey("silo", "operator")) is null)
            {
                return;
            }
        }
        catch (Exception failure)
            when (failure is StoreUnavailableException or PostgresSchemaException or PostgresSettingsException or ArgumentException)
        {
            throw new BenchmarkException($"The database of {Variable} cannot be used: {failure.Message}");
        }
        throw new BenchmarkException(
            $"The database of {Variable} belongs to a marketplace, whose operator's key this benchmark does not have. Name an empty "
                + "one, or none: then the "
                + "benchmark starts a server of its own."
        );
    }

    private static Task<PostgresStore> Open(string database) =>
        PostgresStore.Open(
            new PostgresStoreOptions { ConnectionString = database, Projections = MarketProjections.All },
            TimeProvider.System
        );
}
