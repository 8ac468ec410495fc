using System.Threading.Channels;

namespace Marketplace.Gateway;

/// <summary>
/// One open event stream: a buffer between the market, which never waits, and a reader who may be slow. The buffer is bounded in bytes: a
/// few of them are this stream's own, more come from the <see cref="EventMemory"/> of all. What does not fit is counted, and the reader is
/// told how many it missed.
/// </summary>
/// <param name="bytesMax">What the buffer may hold.</param>
/// <param name="memory">What all buffers share.</param>
internal sealed class EventReader(long bytesMax, EventMemory memory)
{
    private readonly Channel<StreamEvent?> _buffer = Channel.CreateUnbounded<StreamEvent?>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    /// <summary>
    /// Finding the buffer full and counting that are one step: else the reader could empty the buffer and look at the count in between, and
    /// would learn of the miss only with the next event.
    /// </summary>
    private readonly Lock _gate = new();
    private long _held;
    private long _missed;
    private bool _isClosed;

    public void Offer(StreamEvent happened)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }
            if (TryHold(happened.Size))
            {
                _buffer.Writer.TryWrite(happened);
            }
            else
            {
                CountMissed(1);
            }
        }
    }

    /// <summary>So many things happened, at least, that were not announced.</summary>
    public void Missed(int count = 1)
    {
        lock (_gate)
        {
            CountMissed(count);
        }
    }

    /// <summary>Whether there is nothing to take.</summary>
    public bool IsEmpty => !_buffer.Reader.TryPeek(out _);

    /// <param name="happened">The next event; null where the reader was only woken.</param>
    public bool TryTake(out StreamEvent? happened)
    {
        if (!_buffer.Reader.TryRead(out happened))
        {
            return false;
        }
        if (happened is not null)
        {
            lock (_gate)
            {
                Release(happened.Size);
            }
        }
        return true;
    }

    /// <summary>How many events did not fit, or may have been missed before they came here, since the last call.</summary>
    public long TakeMissed()
    {
        lock (_gate)
        {
            var missed = _missed;
            _missed = 0;
            return missed;
        }
    }

    /// <summary>Completes when there is something to take.</summary>
    public Task WaitForMore(CancellationToken cancellation) => _buffer.Reader.WaitToReadAsync(cancellation).AsTask();

    /// <summary>Gives back what the buffer holds of the memory of all. What is offered after that is dropped.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Release(_held);
        }
    }

    private bool TryHold(long size)
    {
        if (_held + size > bytesMax || !memory.TryTake(Shared(_held + size) - Shared(_held)))
        {
            return false;
        }
        _held += size;
        return true;
    }

    private void Release(long size)
    {
        if (_held == 0)
        {
            return;
        }
        memory.Return(Shared(_held) - Shared(_held - size));
        _held -= size;
    }

    private void CountMissed(int count)
    {
        // Nothing to take, only to wake the reader. Once is enough until it has asked how many it missed.
        if (_missed == 0)
        {
            _buffer.Writer.TryWrite(null);
        }
        _missed += count;
    }

    private static long Shared(long held) => Math.Max(0, held - GatewayPolicy.EventStreamBytesMin);
}
