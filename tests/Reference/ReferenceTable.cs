using Marketplace.Engine;

namespace Marketplace.Reference;

/// <summary>A table of references.</summary>
public sealed class ReferenceTable
{
    private readonly TableType _type;
    private readonly List<object?> _elements = [];
    private readonly long _elementsMax;

    /// <exception cref="LinkException">Its least size is over the limit.</exception>
    public ReferenceTable(TableType type, int elementsMax)
    {
        if (type.Limits.Min > elementsMax)
        {
            throw new LinkException(LinkFault.LimitExceeded, $"A table of {type.Limits.Min} elements, the limit is {elementsMax}.");
        }

        _type = type;
        _elementsMax = Math.Min(elementsMax, type.Limits.Max ?? uint.MaxValue);
        Extend(type.Limits.Min, null);
    }

    public int Count => _elements.Count;

    /// <summary>With its present size as least size, as an import is matched.</summary>
    public TableType Type => _type with { Limits = _type.Limits with { Min = (uint)Count } };

    internal object? this[uint index]
    {
        get => _elements[(int)index];
        set => _elements[(int)index] = value;
    }

    internal bool CanGrow(uint delta) => Count + (long)delta <= _elementsMax;

    internal void Extend(uint delta, object? value)
    {
        for (uint i = 0; i < delta; i++)
        {
            _elements.Add(value);
        }
    }

    /// <exception cref="TrapException">Not all of the elements are inside.</exception>
    internal void Check(ulong index, ulong count)
    {
        if (index + count > (ulong)Count)
        {
            throw new TrapException(TrapKind.OutOfBoundsTableAccess);
        }
    }
}
