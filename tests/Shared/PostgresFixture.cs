using Xunit;

namespace Marketplace.Testing;

/// <summary>
/// One server for all tests of an assembly, started by the first test that asks. Use it as an assembly fixture:
/// <c>[assembly: AssemblyFixture(typeof(PostgresFixture))]</c>.
/// </summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.Start());

    /// <summary>The server. Where PostgreSQL is not installed, the test is skipped; on the build machine it fails.</summary>
    public Task<PostgresServer> Server()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled || Vectors.Required, PostgresServer.Missing);
        return _server.Value;
    }

    /// <returns>A connection string for a new, empty database.</returns>
    public async Task<string> CreateDatabase() => await (await Server()).CreateDatabase();

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
