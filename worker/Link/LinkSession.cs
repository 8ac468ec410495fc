using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Worker;

/// <summary>One connection to the market: calls and their answers, heartbeats, and why it ended. Thread-safe.</summary>
internal sealed class LinkSession : IAsyncDisposable
{
    private readonly LinkChannel _channel;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<long, PendingCall> _calls = new();
    private readonly ConcurrentQueue<TaskCompletionSource<IReadOnlyList<LeaseId>>> _beats = new();
    private long _lastBeat;
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource<LinkReady> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastCall;
    private TimeSpan _ahead;

    private LinkSession(LinkChannel channel, Bytes32 market, TimeProvider time)
    {
        (_channel, Domain, _time) = (channel, new MarketDomain(market), time);
        _lastBeat = time.GetTimestamp();
        Ended = Receive();
    }

    /// <summary>That of the market, which has proved its key. Whole once the session is open.</summary>
    public MarketDomain Domain { get; private set; }

    /// <summary>The market's time.</summary>
    public DateTimeOffset Now => _time.GetUtcNow() + _ahead;

    /// <summary>Completes with the reason when the connection is over; never fails.</summary>
    public Task<LinkEndedException> Ended { get; }

    /// <summary>Connects, proves the worker's key and waits for the market's first frame.</summary>
    /// <exception cref="LinkEndedException">The market refused, is another one, or cannot be reached.</exception>
    public static async Task<LinkSession> Open(RemoteMarket remote, TimeProvider time, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(LinkPolicy.HandshakeTimeMax, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        var socket = new ClientWebSocket();
        LinkSession? session = null;
        try
        {
            socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
            await socket.ConnectAsync(Address(remote.Url), remote.Http, over.Token).ConfigureAwait(false);
            using var random = RandomNumberGenerator.Create();
            using var ephemeral = LinkEphemeral.Make(random);
            var known = remote.Pin.Known;
            var (keys, market) = await LinkHandshake.Connect(socket, remote.Key, known, ephemeral, over.Token).ConfigureAwait(false);
            session = new LinkSession(LinkChannel.OfWorker(socket, keys, new OneLinkMemory(), time), market, time);
            await session.BeReady(over.Token).ConfigureAwait(false);
            // After the market's first sealed frame: it has proved its key, and taken this worker's.
            Pin(remote.Pin, session.Domain);
            return session;
        }
        catch (Exception failure)
        {
            socket.Dispose();
            if (session is not null)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
            cancellation.ThrowIfCancellationRequested();
            throw failure is LinkEndedException ? failure : new LinkEndedException(LinkEnd.Silent, Explain(failure), failure);
        }
    }

    /// <summary>Sends a call and waits for its answer; orders that come in parts are put together.</summary>
    /// <exception cref="LinkEndedException">The connection ended first; what was sent may have arrived.</exception>
    public async Task<LinkFrame> Call(LinkFrame frame, CancellationToken cancellation)
    {
        var number = Interlocked.Increment(ref _lastCall);
        var call = new PendingCall();
        _calls[number] = call;
        try
        {
            if (Ended.IsCompleted)
            {
                throw await Ended.ConfigureAwait(false);
            }
            await _channel.Send(frame with { Call = number }, cancellation).ConfigureAwait(false);
            return await call.Answer.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _calls.TryRemove(number, out _);
        }
    }

    /// <summary>Tells how far the leases have come.</summary>
    /// <returns>Those that are over.</returns>
    /// <exception cref="LinkEndedException">The connection ended first.</exception>
    public async Task<IReadOnlyList<LeaseId>> Heartbeat(IReadOnlyList<LeaseBeat> runs, CancellationToken cancellation)
    {
        // The next answer counts, also where it answers an earlier heartbeat: what it does not say yet, the one after does.
        var answer = new TaskCompletionSource<IReadOnlyList<LeaseId>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _beats.Enqueue(answer);
        if (Ended.IsCompleted)
        {
            throw await Ended.ConfigureAwait(false);
        }
        await SendBeat(runs, cancellation).ConfigureAwait(false);
        return await answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Says goodbye and closes.</summary>
    public async Task Leave()
    {
        await _channel.Close(LinkEnd.Done, "The worker is done.").ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        _channel.Dispose();
        await Ended.ConfigureAwait(false);
        _over.Dispose();
    }

    private async Task BeReady(CancellationToken cancellation)
    {
        var first = await Task.WhenAny(_ready.Task, Ended).WaitAsync(cancellation).ConfigureAwait(false);
        if (first == Ended)
        {
            throw await Ended.ConfigureAwait(false);
        }
        var ready = await _ready.Task.ConfigureAwait(false);
        _ahead = ready.Now - _time.GetUtcNow();
        Domain = DomainOf(Domain.Market, ready);
    }

    internal static MarketDomain DomainOf(Bytes32 market, LinkReady ready) =>
        ready is { ChainId: null, Contract: null } ? new MarketDomain(market)
        : ready is { ChainId: { } chain and > 0, Contract: { } contract } && contract != default ? new MarketDomain(market, chain, contract)
        : throw new LinkEndedException(LinkEnd.Malformed, "The market names half a place to settle: a chain and a contract, or neither.");

    private static void Pin(IMarketPin pin, MarketDomain domain)
    {
        if (pin.Domain is not { } pinned)
        {
            pin.Keep(domain);
        }
        else if (pinned != domain)
        {
            throw new LinkEndedException(
                LinkEnd.OtherMarket,
                $"The market {domain.Market} {domain.Settlement}, and the worker knows it as one that {pinned.Settlement}. What a "
                    + "worker has signed for one must not meet what it signs for the other: ask who runs the market, or start a new "
                    + "worker in another folder."
            )
            {
                // It stands on what the market itself has said so.
                IsSealed = true,
            };
        }
    }

    private async Task<LinkEndedException> Receive()
    {
        // The constructor must return first.
        await Task.Yield();
        await using var beat = _time.CreateTimer(_ => _ = Beat(), null, LinkPolicy.HeartbeatPeriodMin, LinkPolicy.HeartbeatPeriodMin);
        LinkEndedException ended;
        try
        {
            while (true)
            {
                var received = await _channel.Receive(_over.Token).ConfigureAwait(false);
                Take(received.Frame);
                if (_channel.Done(received) is { } credit)
                {
                    await _channel.Send(credit, _over.Token).ConfigureAwait(false);
                }
            }
        }
        catch (LinkEndedException told)
        {
            ended = told;
        }
        catch (OperationCanceledException)
        {
            ended = new LinkEndedException(LinkEnd.Done, "The worker has closed the connection.");
        }
        _channel.Dispose();
        foreach (var call in _calls.Values)
        {
            call.Fail(ended);
        }
        while (_beats.TryDequeue(out var waiting))
        {
            waiting.TrySetException(new LinkEndedException(ended.Reason, ended.Message, ended));
        }
        return ended;
    }

    private void Take(LinkFrame frame)
    {
        if (frame.Goodbye is { } goodbye)
        {
            throw new LinkEndedException(goodbye.Reason, goodbye.Message) { IsSealed = true };
        }
        if (frame.Ready is { } ready)
        {
            _ready.TrySetResult(ready);
        }
        else if (frame.Heartbeat is { } heartbeat)
        {
            while (_beats.TryDequeue(out var waiting))
            {
                waiting.TrySetResult(heartbeat.Over ?? []);
            }
        }
        else if (frame.Call is { } number && _calls.TryGetValue(number, out var call))
        {
            call.Take(frame);
        }
    }

    private Task SendBeat(IReadOnlyList<LeaseBeat>? runs, CancellationToken cancellation)
    {
        Volatile.Write(ref _lastBeat, _time.GetTimestamp());
        var heartbeat = new LinkHeartbeat(_time.GetUtcNow()) { Runs = runs };
        return _channel.Send(new LinkFrame { Heartbeat = heartbeat }, cancellation);
    }

    /// <summary>A worker without leases lives as well.</summary>
    private async Task Beat()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lastBeat)) < LinkPolicy.HeartbeatPeriod)
        {
            return;
        }
        try
        {
            await SendBeat(runs: null, _over.Token).ConfigureAwait(false);
        }
        catch (Exception over) when (over is LinkEndedException or OperationCanceledException or ObjectDisposedException)
        {
            // The one who receives finds out as well, and says why.
        }
    }

    private static Uri Address(Uri url) =>
        new UriBuilder(url) { Scheme = url.Scheme == Uri.UriSchemeHttps ? "wss" : "ws", Path = Routes.WorkersConnect }.Uri;

    private static string Explain(Exception failure) =>
        failure is OperationCanceledException
            ? $"The market did not answer within {LinkPolicy.HandshakeTimeMax}."
            : (failure.InnerException ?? failure).Message;

    /// <summary>A call that waits for its answer.</summary>
    private sealed class PendingCall
    {
        private readonly TaskCompletionSource<LinkFrame> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<WorkerLease> _leases = [];
        private readonly List<LeaseId> _stops = [];
        private readonly List<AuctionInvitation> _invitations = [];
        private readonly List<long> _closed = [];
        private readonly List<LeaseId> _reveals = [];
        private readonly List<ReceiptWindow> _windows = [];
        private ShareRequest? _share;
        private SettlementRequest? _settlement;

        public Task<LinkFrame> Answer => _answer.Task;

        public void Take(LinkFrame frame)
        {
            if (frame.Orders is not { } orders)
            {
                _answer.TrySetResult(frame);
                return;
            }
            _leases.AddRange(orders.Leases);
            _stops.AddRange(orders.Stops);
            _invitations.AddRange(orders.Invitations ?? []);
            _closed.AddRange(orders.Closed ?? []);
            _reveals.AddRange(orders.Reveals ?? []);
            _windows.AddRange(orders.Duties?.Windows ?? []);
            _share = orders.Duties?.Share ?? _share;
            _settlement = orders.Duties?.Settlement ?? _settlement;
            if (frame.More is not true)
            {
                var all = new WorkerOrders(orders.Known, [.. _leases], [.. _stops])
                {
                    Invitations = [.. _invitations],
                    Closed = [.. _closed],
                    Reveals = [.. _reveals],
                    Duties = Duties(),
                };
                _answer.TrySetResult(frame with { Orders = all });
            }
        }

        private CommitteeDuties? Duties() =>
            _share is null && _settlement is null && _windows.Count == 0
                ? null
                : new CommitteeDuties
                {
                    Share = _share,
                    Windows = [.. _windows],
                    Settlement = _settlement,
                };

        public void Fail(LinkEndedException ended) => _answer.TrySetException(new LinkEndedException(ended.Reason, ended.Message, ended));
    }
}
