using Marketplace.Crypto;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;
using Wire = Marketplace.Api.Workers;

namespace Marketplace.Silo;

/// <summary>
/// The market as the worker inside the silo reaches it: grain calls and the blob store instead of a connection. It only translates; what a
/// lease allows is decided in the grains.
/// </summary>
internal sealed class LocalMarketLink(
    IGrainFactory grains,
    IBlobStore blobs,
    [FromKeyedServices(GatewayHosting.OutputStore)] IBlobStore outputs,
    MarketShards shards,
    MarketDomain domain,
    SiloFolder folder,
    IHostState host,
    TimeProvider time
) : IMarketLink, IDisposable
{
    private readonly Ed25519KeyPair _key = folder.KeyPair(SiloFolder.WorkerKey);
    private OfferStatements? _statements;

    public MarketDomain Domain => domain;

    public ValueTask<Wire.WorkerWelcome> Offer(Wire.WorkerOffer offer, CancellationToken cancellation) =>
        Reach(async () =>
        {
            var signed = (_statements ??= new OfferStatements(_key, time)).Sign(offer, domain);
            var start = await grains
                .GetGrain<IWorkerGrain>(offer.Worker.ToString())
                .Register(LinkMapping.ToGrain(signed))
                .WaitAsync(cancellation);
            return new Wire.WorkerWelcome(start);
        });

    public ValueTask<Wire.WorkerOrders> Poll(Wire.WorkerPoll poll, CancellationToken cancellation) =>
        Reach(async () =>
        {
            // Without its blobs or its books this silo would fail the jobs that it takes.
            if (host.Trouble is { } trouble)
            {
                throw new MarketLinkException(trouble);
            }
            return LinkMapping.ToWire(await MarketOf(poll.Worker).Own.Poll(LinkMapping.ToGrain(poll), cancellation));
        });

    public ValueTask<IReadOnlyList<LeaseId>> Heartbeat(Wire.WorkerHeartbeat heartbeat, CancellationToken cancellation) =>
        Reach<IReadOnlyList<LeaseId>>(async () =>
            await MarketOf(heartbeat.Worker).Heartbeat(LinkMapping.ToGrain(heartbeat.Runs)).WaitAsync(cancellation)
        );

    public ValueTask<IReadOnlyList<Wire.RefusedResult>> Report(Wire.WorkerReport report, CancellationToken cancellation) =>
        Reach(async () =>
        {
            var executions = WorkerSignatures.BatchOf(report);
            var signature = executions is null ? [] : WorkerSignatures.Sign(_key, domain, executions);
            var refused = await WorkerReports.Send(MarketOf(report.Worker), report, executions, signature).WaitAsync(cancellation);
            return LinkMapping.ToWire(refused) ?? [];
        });

    public async ValueTask Vote(Wire.CommitteeVotes votes, CancellationToken cancellation) =>
        await Reach(async () =>
        {
            await MarketOf(votes.Worker).Vote(votes).WaitAsync(cancellation);
            return true;
        });

    public ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation) =>
        Reach(async () =>
        {
            var grain = grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);
            using var file = new MemoryStream();
            ReadOnlyMemory<byte> bytes;
            for (var part = 0; !(bytes = await grain.GetFile(number, part).WaitAsync(cancellation)).IsEmpty; part++)
            {
                file.Write(bytes.Span);
            }
            return file.ToArray();
        });

    public ValueTask<Stream?> OpenBlob(Wire.LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        Reach(async () =>
            await WorkerOf(call).FindBlob(LinkMapping.ToGrain(call), blob).WaitAsync(cancellation) is null
                ? null
                : await blobs.Open(blob, cancellation: cancellation)
        );

    public ValueTask<long?> FindBlob(Wire.LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        Reach(() => WorkerOf(call).FindBlob(LinkMapping.ToGrain(call), blob).WaitAsync(cancellation));

    public async ValueTask PutOutput(Wire.LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        await Reach(async () =>
        {
            var run = LinkMapping.ToGrain(call);
            await WorkerOf(call).BeginOutput(run, output, content.Length).WaitAsync(cancellation);
            using var bytes = new MemoryStream(content.ToArray(), writable: false);
            await outputs.Put(bytes, content.Length, output, cancellation);
            await WorkerOf(call).AddOutput(run, output).WaitAsync(cancellation);
            return true;
        });

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(Wire.LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        Reach(() => WorkerOf(call).ReadState(LinkMapping.ToGrain(call), key).WaitAsync(cancellation));

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        Wire.LeaseCall call,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) =>
        Reach(async () =>
            (IReadOnlyList<ReadOnlyMemory<byte>>)await WorkerOf(call).ListState(LinkMapping.ToGrain(call), prefix).WaitAsync(cancellation)
        );

    public ValueTask<StateRoot> StateRootWith(
        Wire.LeaseCall call,
        IReadOnlyList<Wire.StateChange> changes,
        CancellationToken cancellation
    ) => Reach(() => WorkerOf(call).StateRootWith(LinkMapping.ToGrain(call), LinkMapping.ToGrain(changes)).WaitAsync(cancellation));

    public void Dispose() => _key.Dispose();

    private WorkerMarket MarketOf(WorkerId worker) => new(shards, grains, worker);

    private IWorkerGrain WorkerOf(Wire.LeaseCall call) => grains.GetGrain<IWorkerGrain>(call.Worker.ToString());

    /// <summary>
    /// What a grain call may fail with becomes what the worker repeats. Only a cancelled call that the worker itself cancelled is over: a
    /// silo that stops cancels calls too.
    /// </summary>
    private static async ValueTask<TAnswer> Reach<TAnswer>(Func<Task<TAnswer>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (failure is not OperationCanceledException { CancellationToken.IsCancellationRequested: true })
        {
            throw new MarketLinkException(failure.Message, failure);
        }
    }
}
