using System.Buffers.Binary;
using System.Text;

namespace Marketplace.Grains;

/// <summary>
/// Reads what <see cref="CompactWriter"/> wrote. Bytes that it cannot have written give <see cref="InvalidDataException"/>.
/// </summary>
internal ref struct CompactReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _all = bytes;
    private int _position = 0;

    public readonly int Remaining => _all.Length - _position;

    public byte Byte() => Take(1)[0];

    public bool Flag() =>
        Byte() switch
        {
            0 => false,
            1 => true,
            var other => throw Damaged($"a flag of {other}"),
        };

    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
            {
                throw Damaged("a number of more than 64 bits");
            }
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    public long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int Count()
    {
        var value = Number();
        return value <= int.MaxValue ? (int)value : throw Damaged($"a count of {value}");
    }

    /// <summary>
    /// The number of items that follow, each of at least <paramref name="itemSizeMin"/> bytes: damaged data cannot ask for much memory.
    /// </summary>
    public int Items(int itemSizeMin = 1)
    {
        var count = Count();
        return (long)count * itemSizeMin <= Remaining ? count : throw Damaged($"{count} items in {Remaining} bytes");
    }

    public TokenAmount Amount()
    {
        UInt128 value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            if (shift == 126 && next > 3)
            {
                throw Damaged("an amount of more than 128 bits");
            }
            value |= (UInt128)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return new TokenAmount(value);
            }
        }
    }

    public Bytes32 Id() => new(Take(Bytes32.Size));

    public EvmAddress Address() =>
        Id() is var word && EvmAddress.TryFromWord(word, out var address) ? address : throw Damaged("no address");

    public DateTimeOffset Time()
    {
        var ticks = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
        return ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw Damaged($"a time of {ticks} ticks");
    }

    public TimeSpan Span() => new(Signed());

    public ReadOnlySpan<byte> Bytes() => Take(Count());

    /// <summary>A copy of the bytes.</summary>
    public ReadOnlyMemory<byte> Memory()
    {
        var value = Bytes();
        return value.Length == 0 ? default : value.ToArray();
    }

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public string? OptionalText() => Flag() ? Text() : null;

    public Bytes32? OptionalId() => Flag() ? Id() : null;

    /// <summary>Reads the version byte and refuses others than <paramref name="known"/>.</summary>
    public void Version(byte known, string what) => Version(known, known, what);

    /// <summary>As the other; the versions from <paramref name="oldest"/> to <paramref name="newest"/> are known.</summary>
    public byte Version(byte oldest, byte newest, string what)
    {
        var seen = Byte();
        if (seen >= oldest && seen <= newest)
        {
            return seen;
        }
        var known = oldest == newest ? $"version {newest}" : $"versions {oldest} to {newest}";
        throw new InvalidDataException($"{what} has format version {seen}; this build reads {known}. Use the build that wrote it.");
    }

    public readonly void End()
    {
        if (Remaining != 0)
        {
            throw Damaged($"{Remaining} bytes after the end");
        }
    }

    private ReadOnlySpan<byte> Take(int size)
    {
        if (size > Remaining)
        {
            throw Damaged($"{Remaining} bytes where {size} were announced");
        }
        var taken = _all.Slice(_position, size);
        _position += size;
        return taken;
    }

    private readonly InvalidDataException Damaged(string what) =>
        new($"Stored bytes are damaged: {what}, at offset {_position} of {_all.Length}.");
}
