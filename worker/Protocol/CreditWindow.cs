using Marketplace.Api.Workers;

namespace Marketplace.Worker.Protocol;

/// <summary>What this side may still send: frames and their bytes. Senders wait in the order in which they came. Thread-safe.</summary>
internal sealed class CreditWindow
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Taken)> _waiting = [];
    private long _frames = LinkPolicy.WindowFrames;
    private long _bytes = LinkPolicy.WindowBytes;

    /// <summary>Returns when the frame may be sent.</summary>
    public async Task Take(long bytes, CancellationToken cancellation)
    {
        LinkedListNode<(long, TaskCompletionSource)> place;
        lock (_lock)
        {
            if (_waiting.Count == 0 && TryTake(bytes))
            {
                return;
            }
            place = _waiting.AddLast((bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
        await using (cancellation.Register(() => GiveUp(place, cancellation)))
        {
            await place.Value.Item2.Task;
        }
    }

    /// <returns>False where more would be granted than the window has, or nothing is.</returns>
    public bool TryGrant(LinkCredit credit)
    {
        lock (_lock)
        {
            if (
                credit.Frames < 1
                || credit.Bytes < 0
                || credit.Frames > LinkPolicy.WindowFrames - _frames
                || credit.Bytes > LinkPolicy.WindowBytes - _bytes
            )
            {
                return false;
            }
            _frames += credit.Frames;
            _bytes += credit.Bytes;
            while (_waiting.First is { } first && TryTake(first.Value.Bytes))
            {
                _waiting.RemoveFirst();
                first.Value.Taken.TrySetResult();
            }
            return true;
        }
    }

    private bool TryTake(long bytes)
    {
        if (_frames < 1 || _bytes < bytes)
        {
            return false;
        }
        _frames--;
        _bytes -= bytes;
        return true;
    }

    private void GiveUp(LinkedListNode<(long Bytes, TaskCompletionSource Taken)> place, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (place.List is null)
            {
                return;
            }
            _waiting.Remove(place);
        }
        place.Value.Taken.TrySetCanceled(cancellation);
    }
}

/// <summary>What the other side may still send, and what of it is to be granted again. Thread-safe.</summary>
internal sealed class GrantedWindow
{
    private readonly Lock _lock = new();
    private long _frames = LinkPolicy.WindowFrames;
    private long _bytes = LinkPolicy.WindowBytes;
    private int _usedFrames;
    private long _usedBytes;

    /// <returns>False where the frame was not covered.</returns>
    public bool TryReceive(long bytes)
    {
        lock (_lock)
        {
            _frames--;
            _bytes -= bytes;
            return _frames >= 0 && _bytes >= 0;
        }
    }

    /// <summary>A frame is done with.</summary>
    /// <returns>The credit to send; null while too little was used.</returns>
    public LinkCredit? Use(long bytes)
    {
        lock (_lock)
        {
            _usedFrames++;
            _usedBytes += bytes;
            if (_usedFrames < LinkPolicy.WindowFrames / LinkPolicy.GrantPart && _usedBytes < LinkPolicy.WindowBytes / LinkPolicy.GrantPart)
            {
                return null;
            }
            var credit = new LinkCredit(_usedFrames, _usedBytes);
            _frames += _usedFrames;
            _bytes += _usedBytes;
            (_usedFrames, _usedBytes) = (0, 0);
            return credit;
        }
    }
}
