using System.Collections.Concurrent;
using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>Hands each ended job to the open event streams of its account, and to no others.</summary>
internal sealed class EventHub(IMarketStreams market, EventPlaces places) : IDisposable
{
    private readonly ConcurrentDictionary<AccountId, ImmutableArray<EventReader>> _readers = new();

    /// <summary>Opening and closing come one at a time, so that there is one subscription while there are readers and none after.</summary>
    private readonly SemaphoreSlim _gate = new(1, 1);

    private IAsyncDisposable? _listening;
    private int _count;

    /// <exception cref="MarketException">As many streams are open as allowed.</exception>
    public async Task<OpenStream> Open(AccountId account, CancellationToken cancellation)
    {
        places.Take(account);
        try
        {
            var reader = await Add(account, cancellation);
            return new OpenStream(reader, () => Close(account, reader));
        }
        catch
        {
            places.Return(account);
            throw;
        }
    }

    private async Task<EventReader> Add(AccountId account, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            _listening ??= await market.Listen(Publish, Missed);
            var reader = new EventReader(places.StreamBytesMax, places.Memory);
            _readers[account] = _readers.GetValueOrDefault(account, []).Add(reader);
            _count++;
            return reader;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task Close(AccountId account, EventReader reader)
    {
        reader.Close();
        await _gate.WaitAsync();
        try
        {
            places.Return(account);
            var left = _readers[account].Remove(reader);
            if (left.IsEmpty)
            {
                _readers.TryRemove(account, out _);
            }
            else
            {
                _readers[account] = left;
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
                reader.Offer(new OwnJobEvent(job));
            }
        }
    }
}
