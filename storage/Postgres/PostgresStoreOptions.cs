using Npgsql;

namespace Marketplace.Storage;

/// <summary>How a store on PostgreSQL is opened.</summary>
public sealed record PostgresStoreOptions
{
    /// <summary>Where the database is and which user logs in, in Npgsql's words.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The read model's projections, at most one a kind.</summary>
    public IReadOnlyList<IProjection> Projections { get; init; } = [];

    /// <summary>
    /// Transactions that write at a time, each on a connection of its own. While one waits for the server's disk another is on its way;
    /// more make the batches smaller, and so the work for one document larger.
    /// </summary>
    public int WriteConnections { get; init; } = 4;

    /// <summary>Batches of reads under way at a time, each on a connection of its own.</summary>
    public int ReadConnections { get; init; } = 2;

    /// <summary>Lists, scans and streams read at a time; more of them wait. Each has a connection while it reads a page.</summary>
    public int QueryConnectionsMax { get; init; } = 8;

    /// <summary>
    /// Writes of one transaction: enough to make the shares of round trip and fsync small, few enough that none waits long for its
    /// neighbours.
    /// </summary>
    public int BatchItemsMax { get; init; } = 512;

    /// <summary>
    /// Content of one transaction: bounds what client and server hold in memory for it. A larger single write goes alone.
    /// </summary>
    public int BatchBytesMax { get; init; } = 8 << 20;

    /// <summary>
    /// Writes, and as many reads, that may wait for a connection. Beyond it they are refused at once: at a few thousand a second a caller
    /// further behind would have given up before its turn.
    /// </summary>
    public int WaitingMax { get; init; } = 100_000;

    /// <summary>
    /// How long one batch or page may take, before its connection is given up: below the 30 s that a caller of a grain waits, above what a
    /// checkpoint on a slow disk takes.
    /// </summary>
    public TimeSpan CommandTimeMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long making a connection may take.</summary>
    public TimeSpan ConnectTimeMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Refuse a server that may lose what it acknowledged: <c>fsync</c> or <c>synchronous_commit</c> off. False is for tests, where nothing
    /// is worth keeping.
    /// </summary>
    public bool RequireDurableServer { get; init; } = true;

    /// <exception cref="ArgumentException">An option is out of its bounds.</exception>
    public void Validate()
    {
        Require(NamesAHost(ConnectionString), nameof(ConnectionString), "a connection string of Npgsql that names a Host");
        Require(WriteConnections is >= 1 and <= 32, nameof(WriteConnections), "between 1 and 32");
        Require(ReadConnections is >= 1 and <= 32, nameof(ReadConnections), "between 1 and 32");
        Require(QueryConnectionsMax is >= 1 and <= 100, nameof(QueryConnectionsMax), "between 1 and 100");
        Require(BatchItemsMax is >= 1 and <= 10_000, nameof(BatchItemsMax), "between 1 and 10,000");
        Require(BatchBytesMax is >= 1 and <= 256 << 20, nameof(BatchBytesMax), "between 1 byte and 256 MiB");
        Require(WaitingMax >= 1, nameof(WaitingMax), "at least 1");
        Require(
            CommandTimeMax >= TimeSpan.FromSeconds(1) && CommandTimeMax <= TimeSpan.FromMinutes(10),
            nameof(CommandTimeMax),
            "between one second and ten minutes"
        );
        Require(
            ConnectTimeMax >= TimeSpan.FromSeconds(1) && ConnectTimeMax <= TimeSpan.FromMinutes(10),
            nameof(ConnectTimeMax),
            "between one second and ten minutes"
        );
        Require(
            Projections.Select(projection => projection.Kind).Distinct().Count() == Projections.Count,
            nameof(Projections),
            "one a kind"
        );
    }

    /// <summary>Not the members: one of them has the password.</summary>
    public override string ToString() => nameof(PostgresStoreOptions);

    private static bool NamesAHost(string connectionString)
    {
        try
        {
            return !string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connectionString).Host);
        }
        catch (ArgumentException)
        {
            // Its message would show the whole text, with the password.
            return false;
        }
    }

    private static void Require(bool holds, string property, string bound)
    {
        if (!holds)
        {
            throw new ArgumentException($"{nameof(PostgresStoreOptions)}.{property} must be {bound}.");
        }
    }
}
