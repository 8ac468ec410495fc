using Dapper;
using Marketplace.Testing;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// What Orleans's ADO.NET providers ask of the database: statements by key from a table that they find by the search path, with parameters
/// and result columns of given names. Here their side is played by hand, so that no package of Orleans is needed.
/// </summary>
public sealed class OrleansStatementsTests(PostgresFixture postgres)
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task EveryStatementThatTheProvidersNeed_IsThere()
    {
        await using var orleans = await Open();

        Assert.Equal(
            [
                "CleanupDefunctSiloEntriesKey",
                "ClearStorageKey",
                "DeleteMembershipTableEntriesKey",
                "DeleteReminderRowKey",
                "DeleteReminderRowsKey",
                "DeleteStorageKey",
                "GatewaysQueryKey",
                "InsertMembershipKey",
                "InsertMembershipVersionKey",
                "MembershipReadAllKey",
                "MembershipReadRowKey",
                "ReadFromStorageKey",
                "ReadRangeRows1Key",
                "ReadRangeRows2Key",
                "ReadReminderRowKey",
                "ReadReminderRowsKey",
                "UpdateIAmAlivetimeKey",
                "UpdateMembershipKey",
                "UpsertReminderRowKey",
                "WriteToStorageKey",
            ],
            orleans.Keys.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task NewCluster_IsMadeOnce_AndHasAVersionWithoutMembers()
    {
        await using var orleans = await Open();

        Assert.True(await orleans.Ask("InsertMembershipVersionKey", new { DeploymentId = "one" }));
        Assert.False(await orleans.Ask("InsertMembershipVersionKey", new { DeploymentId = "one" }));

        var only = Assert.Single(await orleans.Members("one"));
        Assert.Equal(0, only.Version);
        Assert.Null(only.StartTime);
    }

    [Fact]
    public async Task OfTwoChangesOnOneVersion_TheSecondIsRefused()
    {
        await using var orleans = await Open();
        await orleans.Ask("InsertMembershipVersionKey", new { DeploymentId = "one" });

        var joined = await Task.WhenAll(Enumerable.Range(1, 8).Select(port => orleans.Join("one", port, version: 0)));
        Assert.Single(joined, true);
        var member = Assert.Single(await orleans.Members("one"));
        Assert.Equal((1, (int)Status.Joining), (member.Version, member.Status));

        Assert.False(await orleans.Change("one", member.Port, version: 0, Status.Active));
        Assert.True(await orleans.Change("one", member.Port, version: 1, Status.Active, "S127.0.0.1:1@2,2026-01-01 00:00:00.000 GMT"));
        var changed = Assert.Single(await orleans.Members("one"));
        Assert.Equal((2, (int)Status.Active), (changed.Version, changed.Status));
        Assert.Equal("S127.0.0.1:1@2,2026-01-01 00:00:00.000 GMT", changed.SuspectTimes);
    }

    [Fact]
    public async Task ChangeOfAnUnknownMember_ChangesNothing()
    {
        await using var orleans = await Open();
        await orleans.Ask("InsertMembershipVersionKey", new { DeploymentId = "one" });
        await orleans.Join("one", 1, version: 0);

        Assert.False(await orleans.Change("one", 2, version: 1, Status.Active));
        Assert.False(await orleans.Join("one", 1, version: 1));

        Assert.Equal(1, Assert.Single(await orleans.Members("one")).Version);
    }

    [Fact]
    public async Task SignOfLife_ChangesNoVersion()
    {
        await using var orleans = await Open();
        await orleans.Ask("InsertMembershipVersionKey", new { DeploymentId = "one" });
        await orleans.Join("one", 1, version: 0);

        await orleans.Run("UpdateIAmAlivetimeKey", Silo("one", 1, new { IAmAliveTime = Start.AddMinutes(5) }));

        var member = Assert.Single(await orleans.Members("one"));
        Assert.Equal(1, member.Version);
        Assert.Equal(Start.AddMinutes(5), member.IAmAliveTime);
        var row = Assert.Single(await orleans.Read<Member>("MembershipReadRowKey", Silo("one", 1)));
        Assert.Equal(member, row);
        Assert.Null(Assert.Single(await orleans.Read<Member>("MembershipReadRowKey", Silo("one", 9))).StartTime);
    }

    [Fact]
    public async Task OldDeadMembers_Go_AndActiveOnesStay()
    {
        await using var orleans = await Open();
        await orleans.Ask("InsertMembershipVersionKey", new { DeploymentId = "one" });
        await orleans.Join("one", 1, version: 0);
        await orleans.Join("one", 2, version: 1);
        await orleans.Change("one", 1, version: 2, Status.Dead);
        await orleans.Change("one", 2, version: 3, Status.Active);

        await orleans.Run("CleanupDefunctSiloEntriesKey", new { DeploymentId = "one", IAmAliveTime = Start });
        Assert.Equal(2, (await orleans.Members("one")).Count);
        await orleans.Run("CleanupDefunctSiloEntriesKey", new { DeploymentId = "one", IAmAliveTime = Start.AddDays(1) });

        Assert.Equal(2, Assert.Single(await orleans.Members("one")).Port);
        await orleans.Run("DeleteMembershipTableEntriesKey", new { DeploymentId = "one" });
        Assert.Empty(await orleans.Members("one"));
    }

    [Fact]
    public async Task ClientsFindSilosThatHaveAGateway()
    {
        await using var orleans = await Open();
        await orleans.Ask("InsertMembershipVersionKey", new { DeploymentId = "one" });
        await orleans.Join("one", 1, version: 0, proxyPort: 30_000);
        await orleans.Join("one", 2, version: 1);
        await orleans.Change("one", 1, version: 2, Status.Active);
        await orleans.Change("one", 2, version: 3, Status.Active);

        var found = Assert.Single(
            await orleans.Read<Member>("GatewaysQueryKey", new { DeploymentId = "one", Status = (int)Status.Active })
        );

        Assert.Equal(("127.0.0.1", 30_000, 7), (found.Address, found.ProxyPort, found.Generation));
    }

    [Fact]
    public async Task Reminder_IsReplaced_AndDeletedOnlyInItsLastVersion()
    {
        await using var orleans = await Open();

        Assert.Equal(0, await orleans.Remind("market/wasm", "wake", hash: 5, Start, 60_000));
        Assert.Equal(1, await orleans.Remind("market/wasm", "wake", hash: 5, Start.AddHours(1), 120_000));
        await orleans.Remind("market/wasm", "other", hash: 5, Start, 60_000);
        var wake = Assert.Single(
            await orleans.Read<Reminder>(
                "ReadReminderRowKey",
                new
                {
                    ServiceId = "s",
                    GrainId = "market/wasm",
                    ReminderName = "wake",
                }
            )
        );
        Assert.Equal(
            new Reminder
            {
                GrainId = "market/wasm",
                ReminderName = "wake",
                StartTime = Start.AddHours(1),
                Period = 120_000,
                Version = 1,
            },
            wake
        );
        Assert.Equal(2, (await orleans.Read<Reminder>("ReadReminderRowsKey", new { ServiceId = "s", GrainId = "market/wasm" })).Count);

        Assert.False(
            await orleans.Ask(
                "DeleteReminderRowKey",
                new
                {
                    ServiceId = "s",
                    GrainId = "market/wasm",
                    ReminderName = "wake",
                    Version = 0,
                }
            )
        );
        Assert.True(
            await orleans.Ask(
                "DeleteReminderRowKey",
                new
                {
                    ServiceId = "s",
                    GrainId = "market/wasm",
                    ReminderName = "wake",
                    Version = 1,
                }
            )
        );
        await orleans.Run("DeleteReminderRowsKey", new { ServiceId = "s" });
        Assert.Empty(await orleans.Read<Reminder>("ReadReminderRowsKey", new { ServiceId = "s", GrainId = "market/wasm" }));
    }

    [Fact]
    public async Task Reminders_AreFoundByRange_AlsoPastTheEndOfTheRing()
    {
        await using var orleans = await Open();
        foreach (var hash in (int[])[int.MinValue, -10, 0, 10, int.MaxValue])
        {
            await orleans.Remind($"grain/{hash}", "wake", hash, Start, 60_000);
        }

        Assert.Equal(["grain/0", "grain/10"], await Range("ReadRangeRows1Key", -10, 10));
        Assert.Equal(["grain/-10", $"grain/{int.MinValue}", $"grain/{int.MaxValue}"], await Range("ReadRangeRows2Key", 10, -10));
        Assert.Equal(5, (await Range("ReadRangeRows2Key", 0, 0)).Count);

        async Task<IReadOnlyList<string>> Range(string key, int begin, int end) => [.. (
                    await orleans.Read<Reminder>(
                        key,
                        new
                        {
                            ServiceId = "s",
                            BeginHash = begin,
                            EndHash = end,
                        }
                    )
                ).Select(reminder => reminder.GrainId).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task State_IsWrittenOnTheVersionThatWasRead_AndElseNothingHappens()
    {
        await using var orleans = await Open();

        Assert.Equal(1, await orleans.WriteState("a", null, [1]));
        Assert.Null(await orleans.WriteState("a", null, [2]));
        Assert.Equal(2, await orleans.WriteState("a", 1, [3]));
        Assert.Equal(1, await orleans.WriteState("a", 1, [4]));
        Assert.Equal(1, await orleans.WriteState("b", null, [5]));
        Assert.Equal((2, "03"), await orleans.ReadState("a"));

        Assert.Equal(1, await orleans.WriteState("a", 1, null, "ClearStorageKey"));
        Assert.Equal(3, await orleans.WriteState("a", 2, null, "DeleteStorageKey"));
        Assert.Null(await orleans.ReadState("a"));
        Assert.Equal((1, "05"), await orleans.ReadState("b"));
    }

    [Fact]
    public async Task StateOfEarlierBuilds_IsTheirDocumentUntilTheFirstWrite()
    {
        var database = await postgres.CreateDatabase();
        await using (var store = await PostgresUnderTest.Open(database))
        {
            await store.Documents.Write(new DocumentKey("worker", "a"), 0, new byte[] { 7 });
        }
        await using var orleans = await Open(database);

        Assert.Equal((null, "07"), await orleans.ReadState("a"));
        Assert.Equal(1, await orleans.WriteState("a", null, [8]));
        Assert.Equal((1, "08"), await orleans.ReadState("a"));
        await using var contents = await PostgresContents.Open(
            database,
            requireDurableServer: false,
            TestContext.Current.CancellationToken
        );
        var cancel = TestContext.Current.CancellationToken;
        var document = await contents.Documents(cancel).SingleAsync(found => found.Key.Kind == "worker", cancel);
        Assert.Equal(
            (new DocumentKey("worker", "a"), 1, "08"),
            (document.Key, document.Value.Version, Convert.ToHexStringLower(document.Value.Content.Span))
        );
    }

    private async Task<Provider> Open(string? made = null)
    {
        var database = made ?? await postgres.CreateDatabase();
        await PostgresSchema.Apply(database, TestContext.Current.CancellationToken);
        return await Provider.Open(new NpgsqlConnectionStringBuilder(database) { SearchPath = "orleans" }.ConnectionString);
    }

    private static DynamicParameters Silo(string cluster, int port, object? more = null)
    {
        var parameters = new DynamicParameters(more);
        parameters.AddDynamicParams(
            new
            {
                DeploymentId = cluster,
                Address = "127.0.0.1",
                Port = port,
                Generation = 7,
            }
        );
        return parameters;
    }

    private enum Status
    {
        Joining = 2,
        Active = 3,
        Dead = 6,
    }

    private sealed record Member
    {
        public int Version { get; init; }
        public string? Address { get; init; }
        public int Port { get; init; }
        public int Generation { get; init; }
        public string? SiloName { get; init; }
        public string? HostName { get; init; }
        public int Status { get; init; }
        public int ProxyPort { get; init; }
        public string? SuspectTimes { get; init; }
        public DateTime? StartTime { get; init; }
        public DateTime? IAmAliveTime { get; init; }
    }

    private sealed record Reminder
    {
        public string GrainId { get; init; } = "";
        public string ReminderName { get; init; } = "";
        public DateTime StartTime { get; init; }
        public long Period { get; init; }
        public int Version { get; init; }
    }

    /// <summary>Runs statements as the providers do: each by its key, on a connection of its own.</summary>
    private sealed class Provider(NpgsqlDataSource source, Dictionary<string, string> statements) : IAsyncDisposable
    {
        public IEnumerable<string> Keys => statements.Keys;

        public static async Task<Provider> Open(string connectionString)
        {
            var source = NpgsqlDataSource.Create(connectionString);
            await using var connection = await source.OpenConnectionAsync();
            var rows = await connection.QueryAsync<(string Key, string Text)>("SELECT QueryKey, QueryText FROM OrleansQuery");
            return new Provider(source, rows.ToDictionary(row => row.Key, row => row.Text));
        }

        public async Task<bool> Ask(string key, object parameters)
        {
            await using var connection = await source.OpenConnectionAsync();
            return await connection.QuerySingleAsync<bool>(statements[key], parameters);
        }

        public async Task<IReadOnlyList<TRow>> Read<TRow>(string key, object parameters)
        {
            await using var connection = await source.OpenConnectionAsync();
            return [.. await connection.QueryAsync<TRow>(statements[key], parameters)];
        }

        public async Task Run(string key, object parameters)
        {
            await using var connection = await source.OpenConnectionAsync();
            await connection.ExecuteAsync(statements[key], parameters);
        }

        /// <returns>The new version; the given one where nothing was written.</returns>
        public async Task<int?> WriteState(string grain, int? version, byte[]? content, string key = "WriteToStorageKey")
        {
            await using var connection = await source.OpenConnectionAsync();
            var parameters = StateOf(grain);
            parameters.Add("GrainStateVersion", version);
            if (content is not null)
            {
                parameters.Add("PayloadBinary", content);
            }
            return await connection.QuerySingleAsync<int?>(statements[key], parameters);
        }

        public async Task<(int? Version, string Content)?> ReadState(string grain)
        {
            await using var connection = await source.OpenConnectionAsync();
            var rows = await connection.QueryAsync<(byte[] Content, int? Version)>(statements["ReadFromStorageKey"], StateOf(grain));
            return rows.Select(row => ((int?, string)?)(row.Version, Convert.ToHexStringLower(row.Content))).SingleOrDefault();
        }

        private static DynamicParameters StateOf(string grain) =>
            new(
                new
                {
                    GrainIdHash = 1,
                    GrainIdN0 = 0L,
                    GrainIdN1 = 0L,
                    GrainTypeHash = 2,
                    GrainTypeString = "worker",
                    GrainIdExtensionString = grain,
                    ServiceId = "s",
                }
            );

        public Task<IReadOnlyList<Member>> Members(string cluster) => Read<Member>("MembershipReadAllKey", new { DeploymentId = cluster });

        public Task<bool> Join(string cluster, int port, int version, int proxyPort = 0) =>
            Ask(
                "InsertMembershipKey",
                Silo(
                    cluster,
                    port,
                    new
                    {
                        IAmAliveTime = Start,
                        SiloName = $"silo{port}",
                        HostName = "host",
                        StartTime = Start,
                        Status = (int)Status.Joining,
                        ProxyPort = proxyPort,
                        Version = version,
                    }
                )
            );

        public Task<bool> Change(string cluster, int port, int version, Status status, string? suspects = null) =>
            Ask(
                "UpdateMembershipKey",
                Silo(
                    cluster,
                    port,
                    new
                    {
                        IAmAliveTime = Start,
                        Status = (int)status,
                        SuspectTimes = suspects,
                        Version = version,
                    }
                )
            );

        public async Task<int> Remind(string grain, string name, int hash, DateTime start, int period)
        {
            var rows = await Read<Reminder>(
                "UpsertReminderRowKey",
                new
                {
                    ServiceId = "s",
                    GrainHash = hash,
                    GrainId = grain,
                    ReminderName = name,
                    StartTime = start,
                    Period = period,
                }
            );
            return rows.Single().Version;
        }

        public ValueTask DisposeAsync() => source.DisposeAsync();
    }
}
