using System.Collections.Concurrent;
using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>Hands each ended job to the open event streams of its account, and to no others.</summary>
internal sealed class EventHub(IEndedJobs endedJobs, IOptions<GatewayOptions> options) : IDisposable
{
    private readonly ConcurrentDictionary<AccountId, ImmutableArray<EventReader>> _readers = new();

    /// <summary>Opening and closing come one at a time, so that there is one subscription while there are readers and none after.</summary>
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly EventMemory _memory = new(
        options.Value.EventMemoryBytesMax - ((long)options.Value.EventStreamsMax * GatewayPolicy.EventStreamBytesMin)
    );

    private IAsyncDisposable? _listening;
    private int _count;

    /// <exception cref="MarketException">As many streams are open as allowed.</exception>
    public async Task<EventReader> Open(AccountId account, CancellationToken cancellation)
    {
        var limits = options.Value;
        await _gate.WaitAsync(cancellation);
        try
        {
            var own = _readers.GetValueOrDefault(account, []);
            if (own.Length >= limits.AccountEventStreamsMax)
            {
                throw new MarketException(ErrorCode.RateLimited, GatewayMessages.AccountEventStreamsFull(limits.AccountEventStreamsMax));
            }
            if (_count >= limits.EventStreamsMax)
            {
                throw new MarketException(ErrorCode.RateLimited, GatewayMessages.EventStreamsFull(limits.EventStreamsMax));
            }
            _listening ??= await endedJobs.Listen(Publish, Missed);
            var reader = new EventReader(account, limits.EventStreamBytesMax, _memory);
            _readers[account] = own.Add(reader);
            _count++;
            return reader;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task Close(EventReader reader)
    {
        reader.Close();
        await _gate.WaitAsync();
        try
        {
            var left = _readers[reader.Account].Remove(reader);
            if (left.IsEmpty)
            {
                _readers.TryRemove(reader.Account, out _);
            }
            else
            {
                _readers[reader.Account] = left;
            }
            if (--_count > 0 || _listening is not { } listening)
            {
                return;
            }
            _listening = null;
            await listening.DisposeAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private void Missed()
    {
        foreach (var reader in _readers.Values.SelectMany(readers => readers))
        {
            reader.Missed();
        }
    }

    private void Publish(JobsEnded batch)
    {
        foreach (var job in batch.Jobs)
        {
            if (!_readers.TryGetValue(job.Account, out var readers))
            {
                continue;
            }
            foreach (var reader in readers)
            {
                reader.Offer(job);
            }
        }
    }
}
