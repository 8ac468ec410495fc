using System.Runtime.CompilerServices;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>A linear memory, shared between the instances that import and export it. Its bytes never move.</summary>
public sealed unsafe class LinearMemory : External
{
    private readonly MemoryType _type;
    private readonly MemoryReservation _reservation;
    private readonly int _pagesMax;

    /// <summary>A host's memory. <paramref name="pagesMax"/> bounds it whatever its type says.</summary>
    public LinearMemory(MemoryType type, int pagesMax)
    {
        if (type.Limits.Min > pagesMax)
        {
            throw new LinkException(LinkFault.LimitExceeded, $"A memory of {type.Limits.Min} pages is over the limit of {pagesMax}.");
        }

        _type = type;
        _pagesMax = (int)Math.Min((uint)pagesMax, type.Limits.Max ?? uint.MaxValue);
        _reservation = MemoryPool.Rent(_pagesMax);
        Base = _reservation.Base;
        Grow(type.Limits.Min);
    }

    /// <summary>With the size it has now as least size, as an import is matched (core specification, 4.5.3).</summary>
    public override ExternalType Type => _type with { Limits = _type.Limits with { Min = (uint)Pages } };

    public int Pages => (int)(Length / EnginePolicy.PageBytes);

    internal bool Shared => _type.Shared;

    /// <summary>Bytes; read by compiled code at each access.</summary>
    internal long Length;

    /// <summary>The first byte; compiled code keeps it in a local.</summary>
    internal readonly byte* Base;

    /// <summary>The bytes from <paramref name="address"/>, checked as a guest's own access is.</summary>
    /// <exception cref="TrapException">Out of bounds.</exception>
    public Span<byte> Span(uint address, uint length)
    {
        if ((ulong)address + length > (ulong)Length)
        {
            Run.Trap(TrapKind.OutOfBoundsMemoryAccess);
        }

        if (length > int.MaxValue)
        {
            // Inside a memory of more than 2 GiB, but no span is that long: no host function has a use for it.
            Run.Trap(TrapKind.OutOfBoundsMemoryAccess);
        }

        return new Span<byte>(Base + address, (int)length);
    }

    /// <inheritdoc cref="Span(uint, uint)"/>
    /// <remarks>Takes addresses and lengths as guests pass them: 32 bits, unsigned.</remarks>
    public Span<byte> Span(int address, int length) => Span((uint)address, (uint)length);

    public T Read<T>(int address)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(ref Span((uint)address, (uint)sizeof(T))[0]);

    public void Write<T>(int address, T value)
        where T : unmanaged => Unsafe.WriteUnaligned(ref Span((uint)address, (uint)sizeof(T))[0], value);

    /// <returns>The pages before, or -1 where the limit does not allow it.</returns>
    /// <exception cref="OutOfMemoryException">The limit does and the system does not: no guest may see the difference.</exception>
    public int Grow(uint pages)
    {
        var before = Pages;
        if (pages > (uint)(_pagesMax - before))
        {
            return -1;
        }

        var length = (long)(before + (int)pages) * EnginePolicy.PageBytes;
        if (!_reservation.TryCommit(length))
        {
            throw new OutOfMemoryException($"The system refused {length} bytes for a guest's memory.");
        }

        Length = length;
        return before;
    }

    /// <summary>Gives the bytes back, zeroed for the next guest. The memory is empty afterwards.</summary>
    internal void Release(WarmRange warm)
    {
        var used = Length;
        Length = 0;
        MemoryPool.Return(_reservation, used, warm);
    }
}
