using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>
/// Sends every record of the link through its wire encoding and back, so that what works here works over a socket.
/// </summary>
internal sealed class EncodedLink(IMarketLink inner) : IMarketLink
{
    public MarketDomain Domain => inner.Domain;

    public async ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation) =>
        Travel(await inner.Offer(Travel(offer), cancellation));

    public async ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation) =>
        Travel(await inner.Poll(Travel(poll), cancellation));

    public async ValueTask<IReadOnlyList<LeaseId>> Heartbeat(WorkerHeartbeat heartbeat, CancellationToken cancellation) =>
        await inner.Heartbeat(Travel(heartbeat), cancellation);

    public ValueTask<IReadOnlyList<RefusedResult>> Report(WorkerReport report, CancellationToken cancellation) =>
        inner.Report(Travel(report), cancellation);

    public ValueTask Vote(CommitteeVotes votes, CancellationToken cancellation) => inner.Vote(Travel(votes), cancellation);

    public ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation) => inner.ReadSettlement(number, cancellation);

    public ValueTask<Stream?> OpenBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        inner.OpenBlob(Travel(call), blob, cancellation);

    public ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        inner.FindBlob(Travel(call), blob, cancellation);

    public ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        inner.PutOutput(Travel(call), output, content, cancellation);

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        inner.ReadState(Travel(call), key, cancellation);

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseCall call,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) => inner.ListState(Travel(call), prefix, cancellation);

    public ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation) =>
        inner.StateRootWith(Travel(call), changes, cancellation);

    private static TRecord Travel<TRecord>(TRecord record)
    {
        var form = Answers.Of<TRecord>();
        return JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(record, form), form)!;
    }
}
