using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>
/// What is known of the values of WebAssembly locals at the place that is being emitted: how far memory reaches behind such an address, how
/// large the value may be, and which local of IL has it in 64 bits. A fact ends when its local is written. It also ends with its block,
/// because a branch may reach the block's end around the fact. Memories never shrink, so calls end no fact.
/// </summary>
/// <param name="memoryBytesMin">The least length that the memory can have.</param>
internal sealed class AddressFacts(long memoryBytesMin)
{
    /// <summary>Each access looks through all of them; the oldest go first.</summary>
    private const int FactsMax = 64;

    private readonly List<Fact> _facts = [];

    private readonly record struct Fact(int Local, long Reach, uint Max, int Depth, LocalBuilder? Wide);

    /// <summary>Of the block that is being emitted; kept by what opens and closes blocks.</summary>
    public int Depth { get; set; }

    /// <summary>Whether all bytes from the address up to <paramref name="reach"/> are known to be inside.</summary>
    public bool IsInside(OperandStack.Value address, long reach)
    {
        if (address.Max + reach <= memoryBytesMin)
        {
            return true;
        }

        if (address.Local is not { } local)
        {
            return false;
        }

        foreach (var fact in _facts)
        {
            if (fact.Local == local && fact.Reach >= reach)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The local of IL that has the address in 64 bits, if one has.</summary>
    public LocalBuilder? WideOf(OperandStack.Value address)
    {
        if (address.Local is not { } local)
        {
            return null;
        }

        foreach (var fact in _facts)
        {
            if (fact.Local == local && fact.Wide is not null)
            {
                return fact.Wide;
            }
        }

        return null;
    }

    /// <summary>The local's value is at most this, unsigned.</summary>
    public uint MaxOf(int local)
    {
        var max = uint.MaxValue;
        foreach (var fact in _facts)
        {
            if (fact.Local == local)
            {
                max = Math.Min(max, fact.Max);
            }
        }

        return max;
    }

    /// <summary>
    /// The access was checked. With <paramref name="wide"/>: that local of IL has the address in 64 bits, and gets
    /// another value only after the WebAssembly local was written.
    /// </summary>
    public void AddReach(OperandStack.Value address, long reach, LocalBuilder? wide)
    {
        if (address.Local is { } local)
        {
            Add(new Fact(local, reach, uint.MaxValue, Depth, wide));
        }
    }

    /// <summary>The local was set to a value that is at most <paramref name="max"/>.</summary>
    public void AddMax(int local, uint max)
    {
        if (max < uint.MaxValue)
        {
            Add(new Fact(local, 0, max, Depth, null));
        }
    }

    /// <summary>The local is written.</summary>
    public void Changed(int local)
    {
        for (var i = _facts.Count - 1; i >= 0; i--)
        {
            if (_facts[i].Local == local)
            {
                _facts.RemoveAt(i);
            }
        }
    }

    /// <summary>At a label that is reached from anywhere inside blocks deeper than <paramref name="depth"/>.</summary>
    public void Leave(int depth)
    {
        for (var i = _facts.Count - 1; i >= 0; i--)
        {
            if (_facts[i].Depth > depth)
            {
                _facts.RemoveAt(i);
            }
        }
    }

    /// <summary>At a loop's head, which is reached again after everything inside.</summary>
    public void EnterLoop(FunctionPlan plan, int loop)
    {
        for (var i = _facts.Count - 1; i >= 0; i--)
        {
            if (plan.IsSetInLoop(_facts[i].Local, loop))
            {
                _facts.RemoveAt(i);
            }
        }
    }

    /// <summary>At a loop's head in a method that begins at one: no code before it may have run.</summary>
    public void Clear() => _facts.Clear();

    private void Add(Fact fact)
    {
        if (_facts.Count == FactsMax)
        {
            _facts.RemoveAt(0);
        }

        _facts.Add(fact);
    }
}
