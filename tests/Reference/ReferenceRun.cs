using Marketplace.Engine;
using Marketplace.Reference.Numerics;

namespace Marketplace.Reference;

/// <summary>What all instances of one run share: the fuel account, the stack budget and the limits.</summary>
public sealed class ReferenceRun
{
    private Int128 _used;

    public ReferenceRun(ReferenceLimits limits)
        : this(limits, NumericTable.Default) { }

    internal ReferenceRun(ReferenceLimits limits, NumericTable numerics)
    {
        Limits = limits;
        Numerics = numerics;
        StackSlots = limits.StackSlotsMax;
    }

    public ReferenceLimits Limits { get; }

    public long FuelUsed => (long)Int128.Min(_used, Limits.FuelMax);

    /// <summary>A memory was not grown because of <see cref="ReferenceLimits.MemoryPagesMax"/> or its own greatest size.</summary>
    public bool MemoryRefused { get; internal set; }

    internal NumericTable Numerics { get; }

    /// <summary>Elements of the tables that instances of the run have made.</summary>
    internal long TableElements { get; set; }

    /// <summary>Slots left where the host was called last, or at first.</summary>
    internal int StackSlots { get; set; }

    /// <summary>Charges without looking whether it is too much.</summary>
    internal void Charge(long fuel) => _used += fuel;

    internal void CheckFuel()
    {
        if (_used > Limits.FuelMax)
        {
            throw new TrapException(TrapKind.OutOfFuel);
        }
    }

    /// <summary>Charges for work whose size is known only now, before it is done.</summary>
    public void ChargeBySize(long fuel)
    {
        Charge(fuel);
        CheckFuel();
    }
}
