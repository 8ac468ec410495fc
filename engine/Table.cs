namespace Marketplace.Engine;

/// <summary>A table of references, shared between the instances that import and export it.</summary>
public sealed class Table : External
{
    private readonly TableType _type;
    private readonly int _elementsMax;

    /// <summary>The run whose instance made it: its elements count there. Null for a host's table.</summary>
    private readonly Run? _payer;
    private Run? _owner;

    /// <summary>A host's table, filled with null. <paramref name="elementsMax"/> bounds it whatever its type says.</summary>
    public Table(TableType type, int elementsMax)
        : this(type, elementsMax, payer: null) { }

    /// <summary>An instance's table, one of those that <see cref="RunLimits.TableElementsMax"/> bounds together.</summary>
    internal Table(TableType type, Run run)
        : this(type, run.Limits.TableElementsMax, run) { }

    private Table(TableType type, int elementsMax, Run? payer)
    {
        var before = payer?.TableElements ?? 0;
        if (type.Limits.Min > elementsMax - before)
        {
            throw new LinkException(
                LinkFault.LimitExceeded,
                before == 0
                    ? $"A table of {type.Limits.Min} elements is over the limit of {elementsMax}."
                    : $"A table of {type.Limits.Min} elements with {before} of other tables is over the limit of {elementsMax}."
            );
        }

        _type = type;
        _elementsMax = (int)Math.Min((uint)elementsMax, type.Limits.Max ?? uint.MaxValue);
        _payer = _owner = payer;
        CountField = (int)type.Limits.Min;
        Elements = new object?[Count];
        Pay(Count);
    }

    /// <summary>With the size it has now as least size, as an import is matched (core specification, 4.5.3).</summary>
    public override ExternalType Type => _type with { Limits = _type.Limits with { Min = (uint)Count } };

    public WasmType Element => _type.Element;

    /// <summary>Elements in use; read by compiled code.</summary>
    public int Count => CountField;

    internal int CountField;

    /// <summary>At least <see cref="Count"/> long; a funcref table holds only <see cref="Function"/> and null.</summary>
    internal object?[] Elements;

    public object? this[int index]
    {
        get => Elements.AsSpan(0, Count)[index];
        set =>
            Elements.AsSpan(0, Count)[index] = MayHold(value)
                ? value
                : throw new ArgumentException("A funcref table holds functions of one run only.", nameof(value));
    }

    /// <summary>
    /// Functions of a table leave further results in their run, so a table belongs to the first run that links it.
    /// </summary>
    /// <returns>False where it belongs to another.</returns>
    internal bool TryJoin(Run run) => (_owner ??= run) == run;

    private bool MayHold(object? value) =>
        _type.Element == WasmType.ExternRef || value is null || (value is Function function && TryJoin(function.Context.Run));

    internal bool CanGrow(uint delta) =>
        delta <= (uint)(_elementsMax - Count) && (_payer is null || delta <= (uint)(_payer.Limits.TableElementsMax - _payer.TableElements));

    /// <summary>Only where <see cref="CanGrow"/> says so.</summary>
    /// <returns>The size before.</returns>
    internal int Grow(uint delta, object? value)
    {
        var before = Count;
        var after = before + (int)delta;
        if (after > Elements.Length)
        {
            // Doubling, so that a guest which grows by one pays for the copies.
            var elements = new object?[Math.Min(_elementsMax, Math.Max(after, Elements.Length * 2))];
            Elements.AsSpan(0, before).CopyTo(elements);
            Elements = elements;
        }

        Elements.AsSpan(before, (int)delta).Fill(value);
        CountField = after;
        Pay((int)delta);
        return before;
    }

    private void Pay(int elements)
    {
        if (_payer is not null)
        {
            _payer.TableElements += elements;
        }
    }
}
