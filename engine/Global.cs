namespace Marketplace.Engine;

/// <summary>A global variable, shared between the instances that import and export it.</summary>
public sealed class Global : External
{
    private readonly GlobalType type;
    private readonly int slot;

    /// <summary>A host's global with a first value.</summary>
    public Global(GlobalType type, Value value)
        : this(type, new long[2], new object?[1], 0)
    {
        Write(value);
    }

    internal Global(GlobalType type, long[] cells, object?[] references, int slot)
    {
        this.type = type;
        this.slot = slot;
        Cells = cells;
        References = references;
    }

    public override ExternalType Type => type;

    public GlobalType GlobalType => type;

    public Value Value
    {
        get => type.Content.IsReference()
            ? Value.FromSlot(type.Content, 0, References[slot])
            : Value.FromBits(type.Content, Cells[slot]);
        set
        {
            if (!type.Mutable)
            {
                throw new InvalidOperationException("The global is immutable.");
            }

            Write(value);
        }
    }

    internal long[] Cells { get; }

    internal object?[] References { get; }

    internal int Slot => slot;

    internal void Write(Value value)
    {
        if (value.Type != type.Content)
        {
            throw new ArgumentException($"A global of type {type.Content.Text()} cannot hold {value}.", nameof(value));
        }

        if (type.Content.IsReference())
        {
            References[slot] = value.Reference;
        }
        else
        {
            Cells[slot] = value.Bits;
        }
    }
}
