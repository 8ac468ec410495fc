using Marketplace.Api.Workers;
using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>
/// A link that can be cut: calls under way fail, and those that begin meanwhile. What a run asks waits until it is mended, as behind a
/// worker's own link.
/// </summary>
internal sealed class UnsteadyLink(IMarketLink link, SwarmCounter counter) : IMarketLink
{
    private readonly Lock _lock = new();
    private Connection _connection = new();

    public MarketDomain Domain => link.Domain;

    public void Cut() => Current.Cut.Cancel();

    public void Mend()
    {
        Connection old;
        lock (_lock)
        {
            old = _connection;
            _connection = new Connection();
        }
        old.Mended.SetResult();
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
        ForRun(token => link.OpenBlob(call, blob, token), cancellation);

    public ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        ForRun(token => link.FindBlob(call, blob, token), cancellation);

    public async ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        await ForRun(
                async token =>
                {
                    await link.PutOutput(call, output, content, token).ConfigureAwait(false);
                    return true;
                },
                cancellation
            )
            .ConfigureAwait(false);

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        ForRun(token => link.ReadState(call, key, token), cancellation);

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseCall call,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) => ForRun(token => link.ListState(call, prefix, token), cancellation);

    public ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation) =>
        ForRun(token => link.StateRootWith(call, changes, token), cancellation);

    private Connection Current
    {
        get
        {
            lock (_lock)
            {
                return _connection;
            }
        }
    }

    private ValueTask<TAnswer> Call<TAnswer>(Func<CancellationToken, ValueTask<TAnswer>> call, CancellationToken cancellation) =>
        Call(Current.Cut.Token, call, cancellation);

    private async ValueTask<TAnswer> ForRun<TAnswer>(Func<CancellationToken, ValueTask<TAnswer>> call, CancellationToken cancellation)
    {
        while (true)
        {
            var connection = Current;
            try
            {
                return await Call(connection.Cut.Token, call, cancellation).ConfigureAwait(false);
            }
            catch (MarketLinkException) when (connection.Cut.IsCancellationRequested)
            {
                await connection.Mended.Task.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<TAnswer> Call<TAnswer>(
        CancellationToken cut,
        Func<CancellationToken, ValueTask<TAnswer>> call,
        CancellationToken cancellation
    )
    {
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

    /// <summary>From one mend to the next.</summary>
    private sealed class Connection
    {
        public CancellationTokenSource Cut { get; } = new();

        public TaskCompletionSource Mended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
