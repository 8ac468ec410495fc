using Marketplace.Engine;

namespace Marketplace.Reference;

/// <summary>A linear memory, page by page; a page that nobody has written has no bytes yet and reads as zero.</summary>
public sealed class ReferenceMemory
{
    private readonly MemoryType _type;
    private readonly List<byte[]?> _pages = [];
    private readonly long _pagesMax;

    /// <exception cref="LinkException">Its least size is over the limit.</exception>
    public ReferenceMemory(MemoryType type, int pagesMax)
    {
        if (type.Limits.Min > pagesMax)
        {
            throw new LinkException(LinkFault.LimitExceeded, $"A memory of {type.Limits.Min} pages, the limit is {pagesMax}.");
        }

        _type = type;
        _pagesMax = Math.Min(pagesMax, type.Limits.Max ?? uint.MaxValue);
        Grow(type.Limits.Min);
    }

    public int Pages => _pages.Count;

    /// <summary>With its present size as least size, as an import is matched.</summary>
    public MemoryType Type => _type with { Limits = _type.Limits with { Min = (uint)Pages } };

    private ulong Length => (ulong)Pages * EnginePolicy.PageBytes;

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        for (var i = 0; i < _pages.Count; i++)
        {
            _pages[i]?.CopyTo(bytes, i * EnginePolicy.PageBytes);
        }

        return bytes;
    }

    /// <returns>The pages before, or -1.</returns>
    internal int Grow(uint pages)
    {
        var before = Pages;
        if (before + (long)pages > _pagesMax)
        {
            return -1;
        }

        _pages.AddRange(new byte[]?[pages]);
        return before;
    }

    /// <exception cref="TrapException">Not all of the bytes are inside.</exception>
    internal void Check(ulong address, ulong count)
    {
        if (address + count > Length)
        {
            throw new TrapException(TrapKind.OutOfBoundsMemoryAccess);
        }
    }

    internal byte Read(ulong address) => _pages[(int)(address / EnginePolicy.PageBytes)]?[address % EnginePolicy.PageBytes] ?? 0;

    internal void Write(ulong address, byte value)
    {
        var page = (int)(address / EnginePolicy.PageBytes);
        (_pages[page] ??= new byte[EnginePolicy.PageBytes])[address % EnginePolicy.PageBytes] = value;
    }

    /// <summary>Bytes as a number, the first the lowest.</summary>
    internal UInt128 Load(ulong address, int bytes)
    {
        Check(address, (ulong)bytes);
        UInt128 value = 0;
        for (var i = 0; i < bytes; i++)
        {
            value |= (UInt128)Read(address + (ulong)i) << (8 * i);
        }

        return value;
    }

    internal void Store(ulong address, UInt128 value, int bytes)
    {
        Check(address, (ulong)bytes);
        for (var i = 0; i < bytes; i++)
        {
            Write(address + (ulong)i, (byte)(value >> (8 * i)));
        }
    }
}
