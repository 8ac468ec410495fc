using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Worker;
using StateWrite = Marketplace.Storage.StateWrite;

namespace Marketplace.Cli.Commands;

/// <summary>
/// The market as a run that is repeated here reaches it: blobs come from the service, the state from the tree that was fetched, and what
/// the run gives stays here.
/// </summary>
internal sealed class ReplayMarket(MarketplaceClient client, Execution execution, byte[]? module, StateTree state) : IMarketLink
{
    private const int KeysBytesMax = int.MaxValue;

    /// <summary>The service did not give the module.</summary>
    public bool ModuleIsMissing => Missing == execution.Invocation.Module;

    /// <summary>The first blob that the service did not give; null: it gave all.</summary>
    public BlobId? Missing { get; private set; }

    public MarketDomain Domain { get; } = new(default);

    public async ValueTask<Stream?> OpenBlob(LeaseCall call, BlobId blob, CancellationToken cancellation)
    {
        if (module is not null && blob == execution.Invocation.Module)
        {
            return new MemoryStream(module, writable: false);
        }
        try
        {
            await using var content = await client.Blobs.Open(blob, cancellation);
            var bytes = new MemoryStream();
            await content.CopyToAsync(bytes, cancellation);
            bytes.Position = 0;
            return bytes;
        }
        catch (MarketplaceException missing) when (missing.Code == ErrorCode.BlobNotFound)
        {
            Missing ??= blob;
            return null;
        }
    }

    public async ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation)
    {
        try
        {
            return (await client.Blobs.Info(blob, cancellation)).Size;
        }
        catch (MarketplaceException missing) when (missing.Code == ErrorCode.BlobNotFound)
        {
            Missing ??= blob;
            return null;
        }
    }

    public ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        ValueTask.CompletedTask;

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        state.Find(key);

    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseCall call,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) => (await state.Keys(prefix, null, int.MaxValue, KeysBytesMax)).Keys;

    public async ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation) =>
        (await state.With([.. changes.Select(change => new StateWrite(change.Key, change.Value))])).Root;

    public ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation) => throw NoCall();

    public ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation) => throw NoCall();

    public ValueTask<IReadOnlyList<LeaseId>> Heartbeat(WorkerHeartbeat heartbeat, CancellationToken cancellation) => throw NoCall();

    public ValueTask<IReadOnlyList<RefusedResult>> Report(WorkerReport report, CancellationToken cancellation) => throw NoCall();

    public ValueTask Vote(CommitteeVotes votes, CancellationToken cancellation) => throw NoCall();

    public ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation) => throw NoCall();

    private static InvalidOperationException NoCall() => new("This is a bug in the command: a replay takes no leases.");
}
