using Dapper;
using Marketplace.Testing;
using Npgsql;

namespace Marketplace.Storage;

public sealed class PostgresSchemaTests(PostgresFixture postgres)
{
    private static readonly SchemaScript First = new(1, "001_first.sql", "create table first(a int);\ninsert into first values(1);\n");
    private static readonly SchemaScript Second = new(2, "002_second.sql", "create table second(b int);");
    private static readonly SchemaScript Broken = new(3, "003_broken.sql", "create table third(c int); select no_such_function();");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Scripts_AreNumberedFromOneWithoutGaps() =>
        Assert.Equal(Enumerable.Range(1, SchemaScript.All.Count), SchemaScript.All.Select(script => script.Number));

    [Fact]
    public async Task ManySilosThatStartAtOnce_ApplyEachScriptOnce()
    {
        var database = await postgres.CreateDatabase();

        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => PostgresSchema.Apply(database, Cancel)));

        await using var connection = new NpgsqlConnection(database);
        var applied = await connection.QueryAsync<string>("select name || ' ' || checksum from market.schema_scripts order by number");
        Assert.Equal(SchemaScript.All.Select(script => $"{script.Name} {script.Checksum}"), applied);
    }

    [Fact]
    public async Task NewScripts_AreAppliedAfterThoseThatAreThere()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabase());
        await PostgresSchema.Apply(source, [First], Cancel);
        await PostgresSchema.Apply(source, [First, Second], Cancel);
        await PostgresSchema.Apply(source, [First, Second], Cancel);

        await using var connection = await source.OpenConnectionAsync(Cancel);
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*) from first"));
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>("select count(*) from second"));
    }

    [Fact]
    public async Task ChangedScript_IsRefused()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabase());
        await PostgresSchema.Apply(source, [First, Second], Cancel);

        var refusal = await Assert.ThrowsAsync<PostgresSchemaException>(() =>
            PostgresSchema.Apply(source, [First with { Sql = "create table first(a bigint);" }, Second], Cancel)
        );

        Assert.Equal(First.Name, refusal.Script);
        Assert.Contains(First.Checksum, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DatabaseOfANewerBuild_IsRefused()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabase());
        await PostgresSchema.Apply(source, [First, Second], Cancel);

        var refusal = await Assert.ThrowsAsync<PostgresSchemaException>(() => PostgresSchema.Apply(source, [First], Cancel));

        Assert.Equal(Second.Name, refusal.Script);
    }

    [Fact]
    public async Task ScriptPutInBetween_IsRefused()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabase());
        await PostgresSchema.Apply(source, [First, Second with { Number = 3 }], Cancel);

        var refusal = await Assert.ThrowsAsync<PostgresSchemaException>(() =>
            PostgresSchema.Apply(source, [First, Second with { Name = "002_late.sql" }, Second with { Number = 3 }], Cancel)
        );

        Assert.Equal("002_late.sql", refusal.Script);
    }

    [Fact]
    public async Task FailingScript_ChangesNothing()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabase());
        await PostgresSchema.Apply(source, [First], Cancel);

        await Assert.ThrowsAsync<PostgresException>(() => PostgresSchema.Apply(source, [First, Second, Broken], Cancel));

        await using var connection = await source.OpenConnectionAsync(Cancel);
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*) from market.schema_scripts"));
        Assert.True(await connection.ExecuteScalarAsync<bool>("select to_regclass('second') is null and to_regclass('third') is null"));
    }

    [Fact]
    public async Task RoleWithoutRightsToCreate_MayStartWhereNothingIsMissing()
    {
        var database = await postgres.CreateDatabase();
        await PostgresSchema.Apply(database, Cancel);
        var role = $"plain_{Guid.NewGuid():n}";
        await PostgresServer.Execute(
            database,
            $"""
            create role {role} login;
            grant usage on schema market to {role};
            grant select on market.schema_scripts to {role};
            """
        );

        await PostgresSchema.Apply(new NpgsqlConnectionStringBuilder(database) { Username = role }.ConnectionString, Cancel);
    }
}
