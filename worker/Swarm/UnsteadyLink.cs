using Marketplace.Api.Workers;
using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>A link that can be cut: calls under way fail, and those that begin meanwhile.</summary>
internal sealed class UnsteadyLink(IMarketLink link, SwarmCounter counter) : IMarketLink
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _cut = new();

    public MarketDomain Domain => link.Domain;

    public void Cut() => Current.Cancel();

    public void Mend()
    {
        lock (_lock)
        {
            _cut = new CancellationTokenSource();
        }
    }

    public ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation) =>
        Call(token => link.Offer(offer, token), cancellation);

    public ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation) =>
        Call(token => link.Poll(poll, token), cancellation);

    public ValueTask<IReadOnlyList<LeaseId>> Heartbeat(WorkerHeartbeat heartbeat, CancellationToken cancellation) =>
        Call(token => link.Heartbeat(heartbeat, token), cancellation);

    public ValueTask<IReadOnlyList<RefusedResult>> Report(WorkerReport report, CancellationToken cancellation) =>
        Call(token => link.Report(report, token), cancellation);

    public async ValueTask Vote(CommitteeVotes votes, CancellationToken cancellation) =>
        await Call(
                async token =>
                {
                    await link.Vote(votes, token).ConfigureAwait(false);
                    return true;
                },
                cancellation
            )
            .ConfigureAwait(false);

    public ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation) =>
        Call(token => link.ReadSettlement(number, token), cancellation);

    public ValueTask<Stream?> OpenBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        Call(token => link.OpenBlob(call, blob, token), cancellation);

    public ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        Call(token => link.FindBlob(call, blob, token), cancellation);

    public async ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        await Call(
                async token =>
                {
                    await link.PutOutput(call, output, content, token).ConfigureAwait(false);
                    return true;
                },
                cancellation
            )
            .ConfigureAwait(false);

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        Call(token => link.ReadState(call, key, token), cancellation);

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseCall call,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) => Call(token => link.ListState(call, prefix, token), cancellation);

    public ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation) =>
        Call(token => link.StateRootWith(call, changes, token), cancellation);

    private CancellationTokenSource Current
    {
        get
        {
            lock (_lock)
            {
                return _cut;
            }
        }
    }

    private async ValueTask<TAnswer> Call<TAnswer>(Func<CancellationToken, ValueTask<TAnswer>> call, CancellationToken cancellation)
    {
        var cut = Current.Token;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cut, cancellation);
        try
        {
            either.Token.ThrowIfCancellationRequested();
            return await call(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            Interlocked.Increment(ref counter.CallsRefused);
            throw new MarketLinkException("The connection is lost.") { IsPassing = true };
        }
        catch (MarketLinkException)
        {
            Interlocked.Increment(ref counter.CallsRefused);
            throw;
        }
    }
}
