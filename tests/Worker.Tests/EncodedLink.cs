using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>
/// Sends every record of the link through its wire encoding and back, so that what works here works over a socket.
/// </summary>
internal sealed class EncodedLink(IMarketLink inner) : IMarketLink
{
    public async ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation) =>
        Travel(await inner.Offer(Travel(offer), cancellation));

    public async ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation) =>
        Travel(await inner.Poll(Travel(poll), cancellation));

    public ValueTask Report(WorkerReport report, CancellationToken cancellation) => inner.Report(Travel(report), cancellation);

    public ValueTask<Stream?> OpenBlob(LeaseId lease, BlobId blob, CancellationToken cancellation) =>
        inner.OpenBlob(lease, blob, cancellation);

    public ValueTask<long?> FindBlob(LeaseId lease, BlobId blob, CancellationToken cancellation) =>
        inner.FindBlob(lease, blob, cancellation);

    public ValueTask<BlobId> PutOutput(LeaseId lease, Stream output, CancellationToken cancellation) =>
        inner.PutOutput(lease, output, cancellation);

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(
        LeaseId lease,
        ProgramId program,
        StateRoot root,
        ReadOnlyMemory<byte> key,
        CancellationToken cancellation
    ) => inner.ReadState(lease, program, root, key, cancellation);

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseId lease,
        ProgramId program,
        StateRoot root,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) => inner.ListState(lease, program, root, prefix, cancellation);

    public ValueTask<StateRoot> StateRootWith(
        LeaseId lease,
        ProgramId program,
        StateRoot root,
        IReadOnlyList<StateChange> changes,
        CancellationToken cancellation
    ) => inner.StateRootWith(lease, program, root, changes, cancellation);

    private static TRecord Travel<TRecord>(TRecord record)
    {
        var form = Answers.Of<TRecord>();
        return JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(record, form), form)!;
    }
}
