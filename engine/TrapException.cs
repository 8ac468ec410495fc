namespace Marketplace.Engine;

/// <summary>How a guest was stopped. A guest can never catch any of them.</summary>
public enum TrapKind
{
    /// <summary>The instruction <c>unreachable</c> was executed.</summary>
    Unreachable = 0,
    IntegerDivideByZero = 1,

    /// <summary>A quotient or a float's integer part does not fit the result type.</summary>
    IntegerOverflow = 2,

    /// <summary>A NaN was converted to an integer.</summary>
    InvalidConversionToInteger = 3,
    OutOfBoundsMemoryAccess = 4,
    OutOfBoundsTableAccess = 5,

    /// <summary>call_indirect with an index outside the table.</summary>
    UndefinedElement = 6,

    /// <summary>call_indirect to a null entry.</summary>
    UninitializedElement = 7,
    IndirectCallTypeMismatch = 8,

    /// <summary>Calls nested deeper than <see cref="RunLimits.StackSlotsMax"/> allows.</summary>
    CallStackExhausted = 9,

    /// <summary>The guest used more than <see cref="RunLimits.FuelMax"/>.</summary>
    OutOfFuel = 10,

    /// <summary>The guest ran longer than <see cref="RunLimits.TimeMax"/>.</summary>
    TimedOut = 11,

    /// <summary><see cref="RunLimits.Cancellation"/> was signalled.</summary>
    Cancelled = 12,

    /// <summary>An atomic access whose address is no multiple of its size.</summary>
    UnalignedAtomic = 13,

    /// <summary>memory.atomic.wait on a memory that is not shared.</summary>
    ExpectedSharedMemory = 14,

    /// <summary>memory.atomic.wait without a time limit: guests have one thread, so no other thread could end it.</summary>
    EndlessWait = 15,
}

/// <summary>Ends a guest. Thrown by the engine's compiled code and by host functions; caught only where the host called in.</summary>
public sealed class TrapException(TrapKind kind, TrapSite? site = null) : Exception(TextOf(kind))
{
    public TrapKind Kind { get; } = kind;

    /// <summary>
    /// Null where the run was stopped between two instructions, and where a host function of a typed delegate trapped: a handler in its
    /// stub would cost each call of it.
    /// </summary>
    public TrapSite? Site { get; } = site;

    /// <summary>The specification's words for a trap; for those that it does not know, ours.</summary>
    public static string TextOf(TrapKind kind) =>
        kind switch
        {
            TrapKind.Unreachable => "unreachable",
            TrapKind.IntegerDivideByZero => "integer divide by zero",
            TrapKind.IntegerOverflow => "integer overflow",
            TrapKind.InvalidConversionToInteger => "invalid conversion to integer",
            TrapKind.OutOfBoundsMemoryAccess => "out of bounds memory access",
            TrapKind.OutOfBoundsTableAccess => "out of bounds table access",
            TrapKind.UndefinedElement => "undefined element",
            TrapKind.UninitializedElement => "uninitialized element",
            TrapKind.IndirectCallTypeMismatch => "indirect call type mismatch",
            TrapKind.CallStackExhausted => "call stack exhausted",
            TrapKind.OutOfFuel => "out of fuel",
            TrapKind.TimedOut => "time limit exceeded",
            TrapKind.Cancelled => "cancelled",
            TrapKind.UnalignedAtomic => "unaligned atomic",
            TrapKind.ExpectedSharedMemory => "expected shared memory",
            TrapKind.EndlessWait => "endless wait",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a trap."),
        };
}
