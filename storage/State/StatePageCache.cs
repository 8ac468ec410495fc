namespace Marketplace.Storage;

/// <summary>
/// The clean pages that are in memory, of all programs together: those used last, up to a number of bytes. Thread-safe: grains of several
/// programs share one.
/// </summary>
public sealed class StatePageCache(long bytesMax = StateTreePolicy.CacheBytesMax)
{
    private readonly Lock _gate = new();

    /// <summary>Used last first.</summary>
    private readonly LinkedList<PageSlot> _slots = new();
    private long _bytes;

    /// <summary>What the pages take, as they count.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    internal void Used(PageSlot slot)
    {
        lock (_gate)
        {
            if (slot.Place is null)
            {
                slot.Place = _slots.AddFirst(slot);
                _bytes += slot.MemoryBytes;
            }
            else if (_slots.First != slot.Place)
            {
                _slots.Remove(slot.Place);
                _slots.AddFirst(slot.Place);
            }
            // The page that was just used stays, also if it is larger than all: its user has it anyway.
            while (_bytes > bytesMax && _slots.Last is { } last && last.Value != slot)
            {
                _slots.RemoveLast();
                last.Value.Place = null;
                _bytes -= last.Value.MemoryBytes;
                last.Value.Forget();
            }
        }
    }
}

/// <summary>Where a page's content is: in memory, or in a document that can be read again.</summary>
internal abstract class PageSlot
{
    /// <summary>Of the cache, under its lock.</summary>
    public LinkedListNode<PageSlot>? Place { get; set; }

    /// <summary>The page's document; zero while there is none, and then the content is here only.</summary>
    public PageId Id { get; set; }

    public long MemoryBytes { get; init; }

    public abstract void Forget();
}

/// <inheritdoc/>
internal sealed class PageSlot<TItem> : PageSlot
{
    private volatile TItem[]? _content;

    /// <summary>Null where it must be read. The array is never changed.</summary>
    public TItem[]? Content
    {
        get => _content;
        set => _content = value;
    }

    public override void Forget() => _content = null;
}

/// <summary>A document of a program's state: its attempt to write a checkpoint, and its number within it. Never used twice.</summary>
internal readonly record struct PageId(long Claim, int Number) : IComparable<PageId>
{
    public static PageId None => default;

    public bool IsNone => Claim == 0;

    public int CompareTo(PageId other) => (Claim, Number).CompareTo((other.Claim, other.Number));
}
