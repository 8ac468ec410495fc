using System.Buffers.Binary;
using System.Text;

namespace Marketplace.Grains;

/// <summary>
/// Writes the compact binary form of stored states and events. Numbers are LEB128, signed ones zigzag; times are UTC ticks in eight bytes;
/// bytes and texts stand behind their length; what may be missing stands behind a flag. <see cref="CompactReader"/> is its counterpart. One
/// value has one form, so the bytes may be hashed.
/// </summary>
internal sealed class CompactWriter(int capacity = 256)
{
    /// <summary>What a thread's writer may keep between two uses: most documents, below what .NET counts as a large object.</summary>
    private const int IdleBytesMax = 64 * 1024;

    [ThreadStatic]
    private static CompactWriter? _idle;

    private byte[] _bytes = new byte[capacity];
    private int _length;

    /// <summary>
    /// A writer of this thread, empty, for bytes that are used before it is given back: it allocates nothing in most cases.
    /// </summary>
    public static CompactWriter Rent()
    {
        var writer = _idle ?? new CompactWriter();
        _idle = null;
        return writer;
    }

    /// <summary>Ends the use of the writer and of its bytes.</summary>
    public void Return()
    {
        _length = 0;
        if (_bytes.Length <= IdleBytesMax)
        {
            _idle = this;
        }
    }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>The bytes, without a copy: the writer must not be used afterwards.</summary>
    public ReadOnlyMemory<byte> Finish() => _bytes.AsMemory(0, _length);

    public void Byte(byte value) => Room(1)[0] = value;

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Number(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Signed(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>A number that is never negative: a count, a size, an enum's value.</summary>
    public void Count(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Number((ulong)value);
    }

    public void Amount(TokenAmount value)
    {
        var units = value.BaseUnits;
        while (units >= 0x80)
        {
            Byte((byte)((byte)units | 0x80));
            units >>= 7;
        }

        Byte((byte)units);
    }

    public void Id(Bytes32 value) => value.CopyTo(Room(Bytes32.Size));

    public void Time(DateTimeOffset value) => BinaryPrimitives.WriteInt64LittleEndian(Room(8), value.UtcTicks);

    public void Span(TimeSpan value) => Signed(value.Ticks);

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Count(value.Length);
        value.CopyTo(Room(value.Length));
    }

    public void Text(string value)
    {
        var size = Encoding.UTF8.GetByteCount(value);
        Count(size);
        Encoding.UTF8.GetBytes(value, Room(size));
    }

    public void OptionalText(string? value)
    {
        Flag(value is not null);
        if (value is not null)
        {
            Text(value);
        }
    }

    public void OptionalId(Bytes32? value)
    {
        Flag(value is not null);
        if (value is { } id)
        {
            Id(id);
        }
    }

    private Span<byte> Room(int size)
    {
        if (_bytes.Length - _length < size)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
        }
        _length += size;
        return _bytes.AsSpan(_length - size, size);
    }
}
