using Marketplace.Engine;

namespace Marketplace.Reference;

/// <summary>A table of references.</summary>
public sealed class ReferenceTable
{
    private readonly TableType _type;
    private readonly List<object?> _elements = [];
    private readonly long _elementsMax;
    private readonly ReferenceRun? _run;

    /// <summary>A table of an instance of the run, or a host's where there is none.</summary>
    /// <exception cref="LinkException">Its least size is over the limit.</exception>
    public ReferenceTable(TableType type, int elementsMax, ReferenceRun? run = null)
    {
        _type = type;
        _elementsMax = Math.Min(elementsMax, type.Limits.Max ?? uint.MaxValue);
        _run = run;
        if (!CanGrow(type.Limits.Min))
        {
            throw new LinkException(LinkFault.LimitExceeded, $"A table of {type.Limits.Min} elements, the limit is {elementsMax}.");
        }

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

    internal bool CanGrow(uint delta) =>
        Count + (long)delta <= _elementsMax && (_run is null || _run.TableElements + delta <= _run.Limits.TableElementsMax);

    internal void Extend(uint delta, object? value)
    {
        for (uint i = 0; i < delta; i++)
        {
            _elements.Add(value);
        }

        if (_run is not null)
        {
            _run.TableElements += delta;
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
