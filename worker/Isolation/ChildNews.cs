using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>How far a run in a child has come, asked while it goes on. The child tells it once for each time that it was asked.</summary>
internal sealed class ChildNews : IDisposable
{
    private readonly long _run;
    private readonly GuestInvocation _invocation;
    private readonly Func<bool> _ask;
    private int _asked;

    public ChildNews(long run, GuestInvocation invocation, Func<bool> ask)
    {
        (_run, _invocation, _ask) = (run, invocation, ask);
        if (invocation.Progress is { } progress)
        {
            progress.Ask = Ask;
        }
    }

    /// <exception cref="FrameException">It was not asked, or no engine can have come so far.</exception>
    public void Take(Frame frame)
    {
        var reader = new PayloadReader(frame.Payload);
        var (run, fuel) = (reader.Long(), reader.Long());
        reader.End();
        if (Interlocked.Decrement(ref _asked) < 0)
        {
            throw new FrameException("It tells how far its run has come, and was not asked.");
        }
        if (run != _run || fuel < 0 || fuel > _invocation.Limits.FuelMax)
        {
            throw new FrameException($"Run {run} is told to have used {fuel} fuel; run {_run} goes on, with {_invocation.Limits.FuelMax}.");
        }
        _invocation.Progress?.Tell(fuel);
    }

    public void Dispose()
    {
        if (_invocation.Progress is { } progress)
        {
            progress.Ask = null;
        }
    }

    private void Ask()
    {
        // One at a time: a child that does not answer is not asked again, and its unread pipe does not fill.
        if (Interlocked.CompareExchange(ref _asked, 1, 0) == 0 && !_ask())
        {
            Interlocked.Exchange(ref _asked, 0);
        }
    }
}
