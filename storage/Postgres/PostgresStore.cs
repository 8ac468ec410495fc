using Dapper;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// Documents, streams and the read model in a PostgreSQL database that any number of processes share. A returned write is committed, with
/// its row of the read model; the writes of all callers share transactions. See RATIONALE.md for the reasons.
/// </summary>
public sealed class PostgresStore : IDocumentStore, IEventLog, IListing, IStoreRoom, IAsyncDisposable
{
    private static readonly ListingSql Lists = new(
        """
        select listing.id as Id, listing.owner as Owner, listing.state as State, listing.label as Label, listing.at as At,
            listing.summary as Summary
        from market.listing
        """,
        column => $"listing.{column} = @{column}"
    );

    private readonly NpgsqlDataSource _sessions;
    private readonly NpgsqlDataSource _queries;

    /// <summary>One connection of its own: lists that take all others must not look like a lost database.</summary>
    private readonly NpgsqlDataSource _pings;
    private readonly Dictionary<string, IProjection> _projections;
    private readonly PostgresWriter _writer;
    private readonly PostgresReader _reader;
    private readonly PostgresPages _pages;
    private PostgresPresence? _presence;
    private bool _closed;

    private PostgresStore(PostgresStoreOptions options, TimeProvider time)
    {
        _sessions = NpgsqlDataSource.Create(Settings(options, connection => connection.Pooling = false));
        _queries = Pool(options, options.QueryConnectionsMax);
        _pings = Pool(options, connectionsMax: 1);
        _projections = options.Projections.ToDictionary(projection => projection.Kind);
        _writer = new PostgresWriter(Sessions(options.WriteConnections), options);
        _reader = new PostgresReader(Sessions(options.ReadConnections), options);
        _pages = new PostgresPages(_queries, options.BatchBytesMax);

        PostgresSession[] Sessions(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => new PostgresSession(_sessions, options.RequireDurableServer, time))];
    }

    /// <summary>Opens the store, after bringing the database to this build's schema.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="PostgresSchemaException">The database belongs to another build.</exception>
    /// <exception cref="PostgresSettingsException">The server is set up to lose what it acknowledges, or is too old.</exception>
    /// <exception cref="MoveRefusedException">The data is being moved at this moment.</exception>
    public static async Task<PostgresStore> Open(PostgresStoreOptions options, TimeProvider time, CancellationToken cancellation = default)
    {
        options.Validate();
        var store = new PostgresStore(options, time);
        try
        {
            // Before anything is changed: is this a server to keep books on?
            var first = await PostgresSession.Open(store._sessions, options.RequireDurableServer).ConfigureAwait(false);
            await first.DisposeAsync().ConfigureAwait(false);
            await PostgresSchema.Apply(store._queries, SchemaScript.All, cancellation).ConfigureAwait(false);
            store._presence = await PostgresPresence.BeSeen(options.ConnectionString, cancellation).ConfigureAwait(false);
            await PostgresReadModel.MakeWhereMissing(options, cancellation).ConfigureAwait(false);
            return store;
        }
        catch (Exception failure)
        {
            await store.DisposeAsync().ConfigureAwait(false);
            if (failure is NpgsqlException or TimeoutException)
            {
                throw PostgresFailures.Translate(failure, mayHaveHappened: false);
            }
            throw;
        }
    }

    /// <summary>Asks the server for nothing and returns when it has answered. For one caller at a time.</summary>
    /// <exception cref="StoreUnavailableException">It does not.</exception>
    public Task Ping() =>
        PostgresFailures.Read(async () =>
        {
            await using var connection = await _pings.OpenConnectionAsync().ConfigureAwait(false);
            return await connection.ExecuteScalarAsync<int>("select 1").ConfigureAwait(false);
        });

    /// <summary>Always 0: a row of the read model is written with its document.</summary>
    public long Lag => 0;

    /// <summary>
    /// Always null: the server's disk cannot be seen from here. A server without room refuses the writes, and they are told as failed.
    /// </summary>
    public DiskShortage? Shortage => null;

    public ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default)
    {
        StoreArguments.Check(key);
        var read = _reader.Read(key);
        return new(cancellation.CanBeCanceled ? read.WaitAsync(cancellation) : read);
    }

    public ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
    {
        StoreArguments.Check(key);
        StoreArguments.CheckVersion(expectedVersion);
        StoreArguments.CheckSize(content.Length);
        var what = expectedVersion == 0 ? PostgresWriteKind.Create : PostgresWriteKind.Update;
        // It waits for its transaction, and the caller's bytes do not.
        var own = content.ToArray();
        var write = new PostgresWrite(what, new PostgresKey(key.Kind, key.Id), expectedVersion)
        {
            Content = own,
            Row = Project(key, own),
            Bytes = content.Length,
        };
        return new(_writer.Write(write));
    }

    public ValueTask Delete(DocumentKey key, long expectedVersion)
    {
        StoreArguments.Check(key);
        StoreArguments.CheckVersion(expectedVersion);
        var what = expectedVersion == 0 ? PostgresWriteKind.StayAbsent : PostgresWriteKind.Delete;
        return new(_writer.Write(new PostgresWrite(what, new PostgresKey(key.Kind, key.Id), expectedVersion) { Bytes = 0 }));
    }

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, CancellationToken cancellation = default)
    {
        StoreArguments.CheckName(kind, nameof(kind));
        return _pages.Scan(kind, cancellation);
    }

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, string state, CancellationToken cancellation = default)
    {
        StoreArguments.CheckName(kind, nameof(kind));
        StoreArguments.CheckName(state, nameof(state));
        return _pages.Scan(kind, state, cancellation);
    }

    public ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        StoreArguments.CheckName(stream, nameof(stream));
        StoreArguments.CheckVersion(expectedVersion);
        var bytes = StoreArguments.Check(entries);
        var append = new PostgresWrite(PostgresWriteKind.Append, new PostgresKey("", stream), expectedVersion)
        {
            Entries = entries,
            Bytes = bytes,
        };
        return new(_writer.Write(append));
    }

    public IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion = 1, CancellationToken cancellation = default)
    {
        StoreArguments.CheckName(stream, nameof(stream));
        ArgumentOutOfRangeException.ThrowIfLessThan(fromVersion, 1);
        return _pages.Read(stream, fromVersion, cancellation);
    }

    public IAsyncEnumerable<string> Streams(string prefix, CancellationToken cancellation = default)
    {
        StoreArguments.CheckName(prefix, nameof(prefix));
        return _pages.Streams(prefix, cancellation);
    }

    public async ValueTask<IReadOnlyList<ListingRow>> List(ListingQuery query, CancellationToken cancellation = default)
    {
        StoreArguments.Check(query);
        return await PostgresFailures
            .Read(async () =>
            {
                await using var connection = await _queries.OpenConnectionAsync(cancellation).ConfigureAwait(false);
                var command = new CommandDefinition(Lists.Text(query), ListingSql.Parameters(query), cancellationToken: cancellation);
                var rows = await connection.QueryAsync<ListingSql.Row>(command).ConfigureAwait(false);
                return rows.Select(row => row.Of(query.Kind)).ToList();
            })
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask CatchUp(CancellationToken cancellation = default) => default;

    /// <summary>Waits for the writes and reads that are under way, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
        {
            return;
        }
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _reader.DisposeAsync().ConfigureAwait(false);
        await _queries.DisposeAsync().ConfigureAwait(false);
        await _pings.DisposeAsync().ConfigureAwait(false);
        if (_presence is not null)
        {
            await _presence.DisposeAsync().ConfigureAwait(false);
        }
        await _sessions.DisposeAsync().ConfigureAwait(false);
    }

    private ListingRow? Project(DocumentKey key, ReadOnlyMemory<byte> content)
    {
        if (!_projections.TryGetValue(key.Kind, out var projection) || projection.Project(key.Id, content.Span, out _) is not { } row)
        {
            return null;
        }
        foreach (var (name, what) in ((string, string)[])[(row.Owner, "owner"), (row.State, "state"), (row.Label, "label")])
        {
            // What the server would refuse would take a whole batch with it.
            if (name.Length > 0)
            {
                StoreArguments.CheckName(name, what);
            }
        }
        return row;
    }

    private static NpgsqlDataSource Pool(PostgresStoreOptions options, int connectionsMax)
    {
        var builder = new NpgsqlDataSourceBuilder(
            Settings(
                options,
                connection =>
                {
                    connection.Pooling = true;
                    connection.MaxPoolSize = connectionsMax;
                }
            )
        );
        builder.UsePhysicalConnectionInitializer(
            _ => throw new NotSupportedException("Every connection is opened asynchronously."),
            connection => PostgresServerCheck.Run(connection, "", options.RequireDurableServer)
        );
        return builder.Build();
    }

    private static string Settings(PostgresStoreOptions options, Action<NpgsqlConnectionStringBuilder> set)
    {
        var connection = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            CommandTimeout = (int)options.CommandTimeMax.TotalSeconds,
            Timeout = (int)options.ConnectTimeMax.TotalSeconds,
            // The store's statements are few, and the same all the time.
            MaxAutoPrepare = 32,
            AutoPrepareMinUsages = 2,
            ApplicationName = "marketplace store",
        };
        set(connection);
        return connection.ConnectionString;
    }
}
