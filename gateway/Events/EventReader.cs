using System.Threading.Channels;
using Marketplace.Grains;

namespace Marketplace.Gateway;

/// <summary>
/// One open event stream: a bounded buffer between the market, which never waits, and a reader who may be slow. What does not fit is
/// counted, and the reader is told how many it missed.
/// </summary>
internal sealed class EventReader(AccountId account, int buffered)
{
    private readonly Channel<EndedJob> _buffer = Channel.CreateBounded<EndedJob>(new BoundedChannelOptions(buffered)
    {
        FullMode = BoundedChannelFullMode.Wait,
        SingleReader = true,
        SingleWriter = false,
    });

    private long _missed;

    public AccountId Account { get; } = account;

    public void Offer(EndedJob job)
    {
        if (!_buffer.Writer.TryWrite(job))
            Interlocked.Increment(ref _missed);
    }

    public bool TryTake(out EndedJob job) => _buffer.Reader.TryRead(out job!);

    /// <summary>How many jobs did not fit since the last call.</summary>
    public long TakeMissed() => Volatile.Read(ref _missed) == 0 ? 0 : Interlocked.Exchange(ref _missed, 0);

    /// <summary>Completes when there is something to take.</summary>
    public Task WaitForMore(CancellationToken cancellation) => _buffer.Reader.WaitToReadAsync(cancellation).AsTask();
}
