using System.Threading.Channels;
using Marketplace.Grains;

namespace Marketplace.Gateway;

/// <summary>
/// One open event stream: a bounded buffer between the market, which never waits, and a reader who may be slow. What does not fit is
/// counted, and the reader is told how many it missed.
/// </summary>
internal sealed class EventReader(AccountId account, int buffered)
{
    private readonly Channel<EndedJob?> _buffer = Channel.CreateBounded<EndedJob?>(new BoundedChannelOptions(buffered)
    {
        FullMode = BoundedChannelFullMode.Wait,
        SingleReader = true,
        SingleWriter = false,
    });

    /// <summary>
    /// Finding the buffer full and counting that are one step: else the reader could empty the buffer and look at the count in between, and would
    /// learn of the miss only with the next event.
    /// </summary>
    private readonly Lock _counting = new();
    private long _missed;

    public AccountId Account { get; } = account;

    public void Offer(EndedJob job)
    {
        lock (_counting)
        {
            if (!_buffer.Writer.TryWrite(job))
                _missed++;
        }
    }

    /// <summary>Jobs may have ended of which nobody knows: the reader is told of one.</summary>
    public void Missed()
    {
        lock (_counting)
        {
            _missed++;
            // Nothing to take, only to wake the reader; one that has a full buffer is awake.
            _buffer.Writer.TryWrite(null);
        }
    }

    /// <param name="job">The next job; null where the reader was only woken.</param>
    public bool TryTake(out EndedJob? job) => _buffer.Reader.TryRead(out job);

    /// <summary>How many jobs did not fit, or may have been missed before they came here, since the last call.</summary>
    public long TakeMissed()
    {
        lock (_counting)
        {
            var missed = _missed;
            _missed = 0;
            return missed;
        }
    }

    /// <summary>Completes when there is something to take.</summary>
    public Task WaitForMore(CancellationToken cancellation) => _buffer.Reader.WaitToReadAsync(cancellation).AsTask();
}
