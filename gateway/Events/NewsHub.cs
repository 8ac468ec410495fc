using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Hosting;

namespace Marketplace.Gateway;

/// <summary>
/// Hands what happens in the market to those who watch it, each what it may see and asked for. Events are numbered here, and the newest are
/// kept for a while, so that a reader whose connection broke goes on where it was.
/// </summary>
internal sealed class NewsHub : IDisposable
{
    private readonly IMarketStreams _market;
    private readonly EventPlaces _places;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopping;

    /// <summary>Ids of another process, or of this one before it started again, say nothing here.</summary>
    private readonly string _name = RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>Opening and closing come one at a time.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<EventStream, Source> _sources = [];

    /// <summary>Held for moments: numbering an event, keeping it and handing it to all readers are one step.</summary>
    private readonly Lock _gate = new();
    private readonly Queue<(Source Source, MarketHappening Happened)> _kept = new();
    private ImmutableArray<Watcher> _watchers = [];
    private long _last;

    public NewsHub(IMarketStreams market, EventPlaces places, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        (_market, _places, _time, _stopping) = (market, places, time, lifetime.ApplicationStopping);
        // What no reader came back for is not kept beyond the end of the service.
        _stopping.Register(() => _ = StopUnread());
    }

    /// <param name="viewer">Who watches.</param>
    /// <param name="filter">What.</param>
    /// <param name="lastId">The last event that it has; null: it begins now.</param>
    /// <param name="cancellation">The reader is gone.</param>
    /// <exception cref="MarketException">As many streams are open as allowed.</exception>
    public async Task<OpenStream> Open(AccountId viewer, EventFilter filter, string? lastId, CancellationToken cancellation)
    {
        _places.Take(viewer);
        var watcher = new Watcher(viewer, filter, new EventReader(_places.StreamBytesMax, _places.Memory));
        try
        {
            await _turn.WaitAsync(cancellation);
        }
        catch
        {
            _places.Return(viewer);
            throw;
        }
        try
        {
            foreach (var stream in filter.Streams)
            {
                await Listen(stream);
            }
            var start = Begin(watcher, lastId);
            return new OpenStream(watcher.Reader, () => Close(watcher)) { Start = start, Position = () => PositionOf(watcher) };
        }
        catch
        {
            _places.Return(viewer);
            Unread();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Begins to listen to a stream, unless that was begun for another reader.</summary>
    private async Task Listen(EventStream stream)
    {
        if (_sources.TryGetValue(stream, out var known))
        {
            known.Idle?.Dispose();
            known.Idle = null;
            return;
        }
        var source = new Source();
        // Takes a number: a reader that had all before it does not have what happened while the stream was not listened to.
        lock (_gate)
        {
            source.CompleteSince = ++_last;
        }
        source.Listening =
            stream == EventStream.Results
                ? await _market.Listen(ended => Take(source, ended), () => Broken(stream, source))
                : await _market.Listen(EventFilter.NameOf(stream), news => Take(stream, source, news), () => Broken(stream, source));
        _sources.Add(stream, source);
    }

    private string Begin(Watcher watcher, string? lastId)
    {
        lock (_gate)
        {
            _watchers = _watchers.Add(watcher);
            if (lastId is null)
            {
                return IdOf(_last);
            }
            var last = NumberOf(lastId);
            if (last is null || watcher.Filter.Streams.Any(stream => _sources[stream].CompleteSince > last))
            {
                watcher.Reader.Missed();
            }
            foreach (var kept in _kept)
            {
                if (kept.Happened.Number > last)
                {
                    watcher.Offer(_name, kept.Happened);
                }
            }
            return IdOf(last ?? _last);
        }
    }

    private async Task Close(Watcher watcher)
    {
        watcher.Reader.Close();
        lock (_gate)
        {
            _watchers = _watchers.Remove(watcher);
        }
        await _turn.WaitAsync();
        try
        {
            _places.Return(watcher.Viewer);
            Unread();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A stream without readers is listened to for a while: its last one may come again.</summary>
    private void Unread()
    {
        foreach (var (stream, source) in _sources)
        {
            if (source.Idle is null && !IsRead(stream))
            {
                source.IsOver = false;
                source.Idle = _time.CreateTimer(_ => _ = Stop(source), null, GatewayPolicy.NewsKeptFor, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private bool IsRead(EventStream stream) => _watchers.Any(watcher => watcher.Filter.Streams.Contains(stream));

    private Task Stop(Source source)
    {
        source.IsOver = true;
        return StopUnread();
    }

    private async Task StopUnread()
    {
        await _turn.WaitAsync();
        try
        {
            foreach (var (stream, source) in _sources.Where(each => !IsRead(each.Key)).ToArray())
            {
                if (source.Idle is null || !(_stopping.IsCancellationRequested || source.IsOver))
                {
                    continue;
                }
                _sources.Remove(stream);
                await source.Idle.DisposeAsync();
                await source.Listening.DisposeAsync();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Take(Source source, JobsEnded ended)
    {
        lock (_gate)
        {
            foreach (var job in ended.Jobs)
            {
                Tell(source, MarketEvents.Of(++_last, job));
            }
        }
    }

    private void Take(EventStream stream, Source source, MarketNews news)
    {
        lock (_gate)
        {
            foreach (var item in news.Items)
            {
                Tell(source, MarketEvents.Of(++_last, stream, item));
            }
            if (news.Missed > 0)
            {
                Missed(stream, source, news.Missed);
            }
        }
    }

    private void Tell(Source source, MarketHappening happened)
    {
        if (_kept.Count == GatewayPolicy.NewsKeptMax)
        {
            var (its, oldest) = _kept.Dequeue();
            its.CompleteSince = Math.Max(its.CompleteSince, oldest.Number);
        }
        _kept.Enqueue((source, happened));
        foreach (var watcher in _watchers)
        {
            watcher.Offer(_name, happened);
        }
    }

    private void Broken(EventStream stream, Source source)
    {
        lock (_gate)
        {
            Missed(stream, source, 1);
        }
    }

    private void Missed(EventStream stream, Source source, int count)
    {
        // Takes a number, so that readers that had all before it are told when they come again.
        source.CompleteSince = ++_last;
        foreach (var watcher in _watchers)
        {
            if (watcher.Filter.Streams.Contains(stream))
            {
                watcher.Reader.Missed(count);
            }
        }
    }

    /// <summary>An event that has a number was offered before this reads it, so an empty buffer has none of them left.</summary>
    private string? PositionOf(Watcher watcher)
    {
        long last;
        lock (_gate)
        {
            last = _last;
        }
        return watcher.Reader.IsEmpty ? IdOf(last) : null;
    }

    private string IdOf(long number) => NewsEvent.IdOf(_name, number);

    private long? NumberOf(string id) =>
        id.StartsWith($"{_name}-", StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(_name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number <= _last
            ? number
            : null;

    /// <summary>A stream that is listened to.</summary>
    private sealed class Source
    {
        public IAsyncDisposable Listening { get; set; } = null!;

        /// <summary>All events of the stream with a greater number are kept.</summary>
        public long CompleteSince { get; set; }

        /// <summary>Ends the listening; null while the stream has readers.</summary>
        public ITimer? Idle { get; set; }

        public bool IsOver { get; set; }
    }

    private sealed record Watcher(AccountId Viewer, EventFilter Filter, EventReader Reader)
    {
        public void Offer(string hub, MarketHappening happened)
        {
            var seen = happened.SeenBy(Viewer);
            if (Filter.Matches(seen))
            {
                Reader.Offer(new NewsEvent(hub, happened.Number, seen));
            }
        }
    }
}
