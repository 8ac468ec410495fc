using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// The market over a network, by PROTOCOL.md. A lost connection is made again, and the worker goes on with the leases that it holds: start
/// number and poll are the same, so the market answers a repeated poll as before. What a run asks is asked again on the next connection;
/// offers, polls and reports fail, and the agent repeats them.
/// </summary>
public sealed partial class RemoteMarketLink(RemoteMarket remote, TimeProvider time, ILogger<RemoteMarketLink> log) : IMarketLink
{
    private readonly Lock _lock = new();
    private readonly BlobTransfers _blobs = new(remote);
    private readonly OfferStatements _statements = new(remote.Key, time);
    private TaskCompletionSource<LinkSession> _session = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MarketDomain> _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _start;
    private long _lastReport;

    /// <summary>Completes with the market's domain at the first connection; never, where there is none.</summary>
    public Task<MarketDomain> Met => _met.Task;

    public MarketDomain Domain =>
        _met.Task.IsCompletedSuccessfully
            ? _met.Task.Result
            : throw new InvalidOperationException("This is a bug in the worker: it bids, or offers a key, before it has met its market.");

    /// <summary>Whether there is a connection at the moment.</summary>
    public bool IsConnected
    {
        get
        {
            lock (_lock)
            {
                return _session.Task.IsCompletedSuccessfully;
            }
        }
    }

    /// <summary>Connects, and again whenever the connection is lost, until <paramref name="stopping"/>; then says goodbye.</summary>
    /// <exception cref="LinkEndedException">
    /// An account is missing. Or the market is another one, or speaks no version that this worker speaks; these only before the first
    /// connection: later it may be a stranger between them, who is gone in a while, and a worker that gave up would not come back.
    /// </exception>
    public async Task Run(CancellationToken stopping)
    {
        for (var pause = WorkerPolicy.RetryPause; ; )
        {
            try
            {
                await using var session = await LinkSession.Open(remote, time, stopping).ConfigureAwait(false);
                LogConnected(remote.Url, session.Domain.Market, session.Domain.Settlement);
                var since = time.GetTimestamp();
                Serve(session);
                _met.TrySetResult(session.Domain);
                try
                {
                    var ended = await session.Ended.WaitAsync(stopping).ConfigureAwait(false);
                    if (IsFinal(ended, _met.Task.IsCompleted))
                    {
                        throw ended;
                    }
                    LogLost(LinkEndedException.NameOf(ended.Reason), ended.Message);
                }
                catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                {
                    await session.Leave().ConfigureAwait(false);
                    return;
                }
                finally
                {
                    Withdraw();
                }
                // A market that lets workers in and sends them away must not be asked twenty times a second.
                pause = time.GetElapsedTime(since) > WorkerPolicy.ReconnectPauseMax ? WorkerPolicy.RetryPause : pause;
            }
            catch (LinkEndedException refused) when (!IsFinal(refused, _met.Task.IsCompleted))
            {
                LogUnreachable(remote.Url, refused.Message, pause);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            var wait = Task.Delay(WorkerPolicy.WithChance(pause), time, stopping);
            await wait.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            pause = WorkerPolicy.Longer(pause, WorkerPolicy.ReconnectPauseMax);
        }
    }

    public async ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation)
    {
        var session = await Session(cancellation).ConfigureAwait(false);
        var signed = new LinkFrame { Offer = _statements.Sign(offer, session.Domain) };
        var welcome = Expect((await Call(session, signed, cancellation).ConfigureAwait(false)).Welcome);
        Interlocked.Exchange(ref _start, welcome.Start);
        return welcome;
    }

    public async ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation) =>
        Expect((await Call(new LinkFrame { Poll = poll }, cancellation).ConfigureAwait(false)).Orders);

    public async ValueTask<IReadOnlyList<LeaseId>> Heartbeat(WorkerHeartbeat heartbeat, CancellationToken cancellation)
    {
        var session = await Session(cancellation).ConfigureAwait(false);
        try
        {
            return await session.Heartbeat(heartbeat.Runs, cancellation).ConfigureAwait(false);
        }
        catch (LinkEndedException ended)
        {
            throw new MarketLinkException(ended.Message, ended) { IsPassing = true };
        }
    }

    public async ValueTask<IReadOnlyList<RefusedResult>> Report(WorkerReport report, CancellationToken cancellation)
    {
        List<RefusedResult> refused = [];
        foreach (var part in ReportParts.Of(report))
        {
            var session = await Session(cancellation).ConfigureAwait(false);
            var sequence = Interlocked.Increment(ref _lastReport);
            var signed = WorkerSignatures.Sign(remote.Key, session.Domain, part, Interlocked.Read(ref _start), sequence);
            var taken = Expect((await Call(session, new LinkFrame { Report = signed }, cancellation).ConfigureAwait(false)).Taken);
            refused.AddRange(taken.Refused ?? []);
        }
        return refused;
    }

    public async ValueTask Vote(CommitteeVotes votes, CancellationToken cancellation) =>
        Expect((await Call(new LinkFrame { Vote = votes }, cancellation).ConfigureAwait(false)).Voted);

    public async ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation) =>
        await _blobs.GetSettlement(number, cancellation).ConfigureAwait(false);

    public ValueTask<Stream?> OpenBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        ForRun<Stream?>(
            async session =>
                await _blobs.Get(session, call, blob, cancellation).ConfigureAwait(false) is { } bytes
                    ? new MemoryStream(bytes, writable: false)
                    : null,
            cancellation
        );

    public ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        Ask(new LinkFrame { Find = new FindBlobCall(call, blob) }, frame => Expect(frame.Found).Size, cancellation);

    public async ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        await ForRun(
                async session =>
                {
                    await _blobs.Put(session, call, output, content, cancellation).ConfigureAwait(false);
                    return true;
                },
                cancellation
            )
            .ConfigureAwait(false);

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        Ask(new LinkFrame { Read = new ReadStateCall(call, key) }, frame => Expect(frame.Value).Value, cancellation);

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseCall call,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) => Ask(new LinkFrame { List = new ListStateCall(call, prefix) }, frame => Expect(frame.Keys).Keys, cancellation);

    public ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation) =>
        Ask(new LinkFrame { RootWith = new StateRootCall(call, changes) }, frame => Expect(frame.Root).Root, cancellation);

    private ValueTask<TAnswer> Ask<TAnswer>(LinkFrame frame, Func<LinkFrame, TAnswer> read, CancellationToken cancellation) =>
        ForRun(async session => read(await Call(session, frame, cancellation).ConfigureAwait(false)), cancellation);

    /// <summary>
    /// What a run asks, again while the connection is lost or the market cannot answer: a run that has taken an hour must not fail for a
    /// moment without a network.
    /// </summary>
    private async ValueTask<TAnswer> ForRun<TAnswer>(Func<LinkSession, Task<TAnswer>> ask, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(WorkerPolicy.RunCallTimeMax, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        for (var pause = WorkerPolicy.RetryPause; ; pause = WorkerPolicy.Longer(pause, WorkerPolicy.RetryPauseMax))
        {
            try
            {
                return await ask(await Session(over.Token).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (MarketLinkException failure) when (failure.IsPassing && !over.IsCancellationRequested)
            {
                await Task.Delay(pause, time, over.Token).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                throw new MarketLinkException($"The market could not be reached for {WorkerPolicy.RunCallTimeMax}.");
            }
        }
    }

    private async Task<LinkFrame> Call(LinkFrame frame, CancellationToken cancellation) =>
        await Call(await Session(cancellation).ConfigureAwait(false), frame, cancellation).ConfigureAwait(false);

    private static async Task<LinkFrame> Call(LinkSession session, LinkFrame frame, CancellationToken cancellation)
    {
        try
        {
            var answer = await session.Call(frame, cancellation).ConfigureAwait(false);
            return answer.Refused is { } refused
                ? throw new MarketLinkException(refused.Message) { IsPassing = refused.Code == ErrorCode.Unavailable }
                : answer;
        }
        catch (LinkEndedException ended)
        {
            throw new MarketLinkException(ended.Message, ended) { IsPassing = ended.Reason != LinkEnd.TooLarge };
        }
    }

    private Task<LinkSession> Session(CancellationToken cancellation)
    {
        lock (_lock)
        {
            return _session.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>
    /// Whether a person has to do something before it makes sense to connect again. Once the market has been met, only its own sealed word
    /// ends the worker: else each point on the way could.
    /// </summary>
    internal static bool IsFinal(LinkEndedException ended, bool isMet) =>
        isMet
            ? ended is { IsSealed: true, Reason: LinkEnd.AccountNeeded }
            : ended.Reason is LinkEnd.AccountNeeded or LinkEnd.OtherMarket or LinkEnd.VersionRefused;

    private void Serve(LinkSession session)
    {
        lock (_lock)
        {
            _session.TrySetResult(session);
        }
    }

    private void Withdraw()
    {
        lock (_lock)
        {
            _session = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private static TAnswer Expect<TAnswer>(TAnswer? answer)
        where TAnswer : class => answer ?? throw new MarketLinkException($"The market did not answer with a {typeof(TAnswer).Name}.");

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to {Url}, market {Market}, which {Settles}")]
    private partial void LogConnected(Uri url, Bytes32 market, string settles);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection is lost ({Reason}): {Message}")]
    private partial void LogLost(string reason, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Url} cannot be reached: {Reason} Trying again within {Pause}")]
    private partial void LogUnreachable(Uri url, string reason, TimeSpan pause);
}
