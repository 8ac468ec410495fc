namespace Marketplace.GrainHost.Calls;

/// <summary>A list of calls linked through themselves: a mailbox, or the calls that run.</summary>
internal struct CallList
{
    public GrainCall? First { get; private set; }

    public GrainCall? Last { get; private set; }

    public int Count { get; private set; }

    public void Append(GrainCall call)
    {
        call.Next = null;
        call.Previous = Last;
        if (Last is null)
        {
            First = call;
        }
        else
        {
            Last.Next = call;
        }
        Last = call;
        Count++;
    }

    public void Remove(GrainCall call)
    {
        if (call.Previous is null)
        {
            First = call.Next;
        }
        else
        {
            call.Previous.Next = call.Next;
        }
        if (call.Next is null)
        {
            Last = call.Previous;
        }
        else
        {
            call.Next.Previous = call.Previous;
        }
        call.Next = null;
        call.Previous = null;
        Count--;
    }
}
