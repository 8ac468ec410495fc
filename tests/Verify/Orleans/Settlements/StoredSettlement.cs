using Marketplace.Chain;
using Marketplace.Grains;
using Marketplace.Storage;
using Npgsql;

namespace Marketplace.Verify.Settling;

/// <summary>How far the market is with its chain, as the database has it, whatever its grains would say.</summary>
internal sealed class StoredSettlement(string connectionString)
{
    private const string Query = "select content from market.documents where kind = @kind and id = @id";

    public async Task<Grains.SettlementState> Read() =>
        await Find(Grains.SettlementState.Kind, GrainInterfaces.MarketLimits.SettlementKey) is { } bytes
            ? Grains.SettlementState.Read(bytes)
            : new Grains.SettlementState { ChainId = 0, Escrow = default };

    /// <summary>
    /// What an activation does with a settlement that is signed: writes its next transaction down, then sends it.
    /// </summary>
    public async Task Attempt(IMarketChain chain)
    {
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Projections = MarketProjections.All };
        await using var store = await PostgresStore.Open(options, TimeProvider.System);
        var key = new DocumentKey(Grains.SettlementState.Kind, GrainInterfaces.MarketLimits.SettlementKey);
        var found = (await store.Read(key))!.Value;
        var state = Grains.SettlementState.Read(found.Content.Span);
        var open = state.Open!;
        var head = await chain.ReadHead(default);
        var (nonce, fee) = (await chain.ReadNonce(head, default), await chain.ReadFee(default));
        var order = new SettlementOrder(open.Settlement, open.Absentees, open.Signature!);
        var attempt = new SendAttempt(nonce, fee, head.Number, chain.Sign(order, nonce, fee));
        var next = state with { Open = open with { Attempts = [.. open.Attempts, attempt] } };
        await store.Write(key, found.Version, Grains.SettlementState.Write(next));
        await chain.Send(attempt.Transaction.Bytes, default);
    }

    public async Task<ChainAccountState?> ReadAccount(EvmAddress owner) =>
        await Find(ChainAccountState.Kind, owner.ToString()) is { } bytes ? ChainAccountState.Form.Read(bytes) : null;

    /// <summary>
    /// Keeps the place of the next event of an account until it is disposed: what the account appends waits there. Nothing of it stays.
    /// </summary>
    public async Task<IAsyncDisposable> HoldAccount(AccountId account)
    {
        const string Insert = """
            insert into market.log(stream, version, checksum, content)
            select @stream, coalesce(max(version), 0) + 1, 0, '' from market.log where stream = @stream
            """;
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        // It is rolled back with its connection.
        await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(Insert, connection)
        {
            Parameters = { new("stream", StoredForms.Account.StreamOf($"{account}")) },
        };
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task<byte[]?> Find(string kind, string id)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Query, connection) { Parameters = { new("kind", kind), new("id", id) } };
        return await command.ExecuteScalarAsync() as byte[];
    }
}
