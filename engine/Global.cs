namespace Marketplace.Engine;

/// <summary>A global variable, shared between the instances that import and export it.</summary>
public sealed class Global : External
{
    private readonly GlobalType _type;

    /// <summary>A host's global with a first value.</summary>
    public Global(GlobalType type, Value value)
        : this(type, new Cell[1], new object?[1], 0)
    {
        Write(value);
    }

    internal Global(GlobalType type, Cell[] cells, object?[] references, int slot)
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
        get => Value.FromCell(_type.Content, Cells[Slot], References[Slot]);
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
    internal readonly Cell[] Cells;

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
            Cells[Slot] = value.ToCell();
        }
    }
}
