namespace Marketplace.Engine;

/// <summary>A global variable, shared between the instances that import and export it.</summary>
public sealed class Global : External
{
    private readonly GlobalType _type;

    /// <summary>A host's global with a first value.</summary>
    public Global(GlobalType type, Value value)
        : this(type, new long[2], new object?[1], 0)
    {
        Write(value);
    }

    internal Global(GlobalType type, long[] cells, object?[] references, int slot)
    {
        _type = type;
        Slot = slot;
        Cells = cells;
        References = references;
    }

    public override ExternalType Type => _type;

    public GlobalType GlobalType => _type;

    public Value Value
    {
        get => _type.Content.IsReference()
            ? Value.FromSlot(_type.Content, 0, References[Slot])
            : Value.FromBits(_type.Content, Cells[Slot]);
        set
        {
            if (!_type.Mutable)
            {
                throw new InvalidOperationException("The global is immutable.");
            }

            Write(value);
        }
    }

    /// <summary>One of these holds the value, at <see cref="Slot"/>; read and written by compiled code.</summary>
    internal readonly long[] Cells;

    internal readonly object?[] References;

    internal readonly int Slot;

    internal void Write(Value value)
    {
        if (value.Type != _type.Content)
        {
            throw new ArgumentException($"A global of type {_type.Content.Text()} cannot hold {value}.", nameof(value));
        }

        if (_type.Content.IsReference())
        {
            References[Slot] = value.Reference;
        }
        else
        {
            Cells[Slot] = value.Bits;
        }
    }
}
