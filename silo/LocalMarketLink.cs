using System.Collections.Concurrent;
using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Marketplace.Worker;
using Wire = Marketplace.Api.Workers;

namespace Marketplace.Silo;

/// <summary>
/// The market as the worker inside the silo reaches it: grain calls instead of a socket. It remembers whose job each lease runs, so that a
/// guest reads no blob that its job's account may not read.
/// </summary>
internal sealed class LocalMarketLink(
    IGrainFactory grains,
    IBlobStore blobs,
    [FromKeyedServices(LocalMarketLink.Outputs)] IBlobStore outputs,
    IHostState host
) : IMarketLink
{
    /// <summary>The blob store as outputs of jobs use it.</summary>
    public const string Outputs = "outputs";

    private readonly IMarketGrain _market = grains.GetGrain<IMarketGrain>(MarketLimits.DefaultClass);
    private readonly ConcurrentDictionary<LeaseId, JobTicket> _tickets = new();

    public ValueTask<Wire.WorkerWelcome> Offer(Wire.WorkerOffer offer, CancellationToken cancellation) =>
        Reach(async () =>
        {
            var start = await grains
                .GetGrain<IWorkerGrain>(offer.Worker.ToString())
                .Register(new WorkerOffer(offer.Worker, offer.PayTo, offer.PricePerMillionFuel, offer.Slots, offer.MemoryPagesMax))
                .WaitAsync(cancellation);
            _tickets.Clear();
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
            var orders = await _market.Poll(new WorkerPoll(poll.Worker, poll.Start, poll.Sequence, poll.LeasesMax), cancellation);
            var leases = new Wire.WorkerLease[orders.Leases.Length];
            for (var index = 0; index < leases.Length; index++)
            {
                var lease = orders.Leases[index];
                _tickets[lease.Id] = lease.Ticket;
                leases[index] = LinkMapping.ToWire(lease);
            }
            foreach (var stop in orders.Stops)
            {
                _tickets.TryRemove(stop, out _);
            }
            return new Wire.WorkerOrders(orders.Known, leases, orders.Stops);
        });

    public async ValueTask Report(Wire.WorkerReport report, CancellationToken cancellation) =>
        await Reach(async () =>
        {
            var reports = ImmutableArray.CreateBuilder<LeaseReport>(report.Results.Count);
            foreach (var result in report.Results)
            {
                reports.Add(LinkMapping.ToGrain(result));
            }
            await _market.Report(report.Worker, reports.MoveToImmutable()).WaitAsync(cancellation);
            foreach (var result in report.Results)
            {
                _tickets.TryRemove(result.Lease, out _);
            }
            return true;
        });

    public ValueTask<Stream?> OpenBlob(LeaseId lease, BlobId blob, CancellationToken cancellation) =>
        Reach(async () => await MayRead(lease, blob) ? await blobs.Open(blob, cancellation: cancellation) : null);

    public ValueTask<long?> FindBlob(LeaseId lease, BlobId blob, CancellationToken cancellation) =>
        Reach(async () => await MayRead(lease, blob) ? (await blobs.Find(blob, cancellation))?.Size : null);

    public ValueTask<BlobId> PutOutput(LeaseId lease, Stream output, CancellationToken cancellation) =>
        Reach(async () => (await outputs.Put(output, MarketLimits.OutputBytesMax, cancellation: cancellation)).Id);

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(
        LeaseId lease,
        ProgramId program,
        StateRoot root,
        ReadOnlyMemory<byte> key,
        CancellationToken cancellation
    ) => Reach(() => StateOf(program).Read(root, key).WaitAsync(cancellation));

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseId lease,
        ProgramId program,
        StateRoot root,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) => Reach(async () => (IReadOnlyList<ReadOnlyMemory<byte>>)await StateOf(program).List(root, prefix).WaitAsync(cancellation));

    public ValueTask<StateRoot> StateRootWith(
        LeaseId lease,
        ProgramId program,
        StateRoot root,
        IReadOnlyList<Wire.StateChange> changes,
        CancellationToken cancellation
    ) => Reach(() => StateOf(program).RootWith(root, LinkMapping.ToGrain(changes)).WaitAsync(cancellation));

    private IStateGrain StateOf(ProgramId program) => grains.GetGrain<IStateGrain>(program.ToString());

    private async ValueTask<bool> MayRead(LeaseId lease, BlobId blob)
    {
        if (!_tickets.TryGetValue(lease, out var ticket))
        {
            return false;
        }
        return blob == ticket.Module
            || blob == ticket.Spec.InputBlob
            || (!ticket.Spec.Files.IsDefaultOrEmpty && ticket.Spec.Files.Any(file => file.Blob == blob))
            || await grains.GetGrain<IBlobGrain>(blob.ToString()).Find(ticket.Account) is not null;
    }

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
