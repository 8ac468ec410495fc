using System.Threading.Channels;
using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// One open event stream: a buffer between the market, which never waits, and a reader who may be slow. The buffer is bounded in bytes: a
/// few of them are this stream's own, more come from the <see cref="EventMemory"/> of all. What does not fit is counted, and the reader is
/// told how many it missed.
/// </summary>
internal sealed class EventReader(AccountId account, long bytesMax, EventMemory memory)
{
    private readonly Channel<EndedJob?> _buffer = Channel.CreateUnbounded<EndedJob?>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>
    /// Finding the buffer full and counting that are one step: else the reader could empty the buffer and look at the count in between, and
    /// would learn of the miss only with the next event.
    /// </summary>
    private readonly Lock _gate = new();
    private long _held;
    private long _missed;
    private bool _isClosed;

    public AccountId Account { get; } = account;

    public void Offer(EndedJob job)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }
            if (TryHold(SizeOf(job)))
            {
                _buffer.Writer.TryWrite(job);
            }
            else
            {
                CountMissed();
            }
        }
    }

    /// <summary>Jobs may have ended unannounced, in unknown number. The reader is told of one.</summary>
    public void Missed()
    {
        lock (_gate)
        {
            CountMissed();
        }
    }

    /// <param name="job">The next job; null where the reader was only woken.</param>
    public bool TryTake(out EndedJob? job)
    {
        if (!_buffer.Reader.TryRead(out job))
        {
            return false;
        }
        if (job is not null)
        {
            lock (_gate)
            {
                Release(SizeOf(job));
            }
        }
        return true;
    }

    /// <summary>How many jobs did not fit, or may have been missed before they came here, since the last call.</summary>
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

    private void CountMissed()
    {
        // Nothing to take, only to wake the reader. Once is enough until it has asked how many it missed.
        if (_missed++ == 0)
        {
            _buffer.Writer.TryWrite(null);
        }
    }

    private static long Shared(long held) => Math.Max(0, held - GatewayPolicy.EventStreamBytesMin);

    private static long SizeOf(EndedJob job)
    {
        var size = GatewayPolicy.EventBytes + (sizeof(char) * (long)job.RequestId.Length) + job.Output.Inline.Length;
        if (!job.Output.Files.IsDefaultOrEmpty)
        {
            foreach (var file in job.Output.Files)
            {
                size += GatewayPolicy.EventFileBytes + (sizeof(char) * (long)file.Name.Length);
            }
        }
        return size;
    }
}
