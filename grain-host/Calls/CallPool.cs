namespace Marketplace.GrainHost.Calls;

/// <summary>The calls of one method that wait to be used again, in one short stack per processor.</summary>
internal sealed class CallPool
{
    /// <summary>Covers the calls that one core has under way in a burst; what is beyond it goes to the garbage collector.</summary>
    private const int PooledMax = 256;

    private readonly Shelf[] _shelves;

    public CallPool()
    {
        _shelves = new Shelf[Environment.ProcessorCount];
        for (var index = 0; index < _shelves.Length; index++)
        {
            _shelves[index] = new Shelf();
        }
    }

    public GrainCall? TryTake()
    {
        var shelf = _shelves[(uint)Thread.GetCurrentProcessorId() % (uint)_shelves.Length];
        if (shelf.Top is null)
        {
            return null;
        }
        lock (shelf.Gate)
        {
            if (shelf.Top is not { } call)
            {
                return null;
            }
            shelf.Top = call.Next;
            shelf.Count--;
            call.Next = null;
            return call;
        }
    }

    public void Give(GrainCall call)
    {
        var shelf = _shelves[(uint)Thread.GetCurrentProcessorId() % (uint)_shelves.Length];
        lock (shelf.Gate)
        {
            if (shelf.Count >= PooledMax)
            {
                return;
            }
            call.Next = shelf.Top;
            shelf.Top = call;
            shelf.Count++;
        }
    }

    private sealed class Shelf
    {
        public readonly Lock Gate = new();
        public GrainCall? Top;
        public int Count;
    }
}
