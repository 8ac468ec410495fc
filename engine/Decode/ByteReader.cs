using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Marketplace.Engine.Decode;

/// <summary>Reads the binary format's elements and refuses what does not follow it. Offsets are those of the whole module.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> module, int position, int end)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _module = module;

    public int Position { get; private set; } = position;

    public int End { get; } = end;

    public readonly int Left => End - Position;

    public readonly InvalidModuleException Malformed(string message) => new(ModuleFault.Malformed, Position, message);

    public byte Byte() => Position < End ? _module[Position++] : throw Malformed("unexpected end");

    public readonly byte PeekByte() => Position < End ? _module[Position] : throw Malformed("unexpected end");

    public uint U32()
    {
        // One byte is by far the most frequent.
        if (Position < End && _module[Position] < 0x80)
        {
            return _module[Position++];
        }

        return (uint)Unsigned(32);
    }

    public int S32() => (int)Signed(32);

    public long S33() => Signed(33);

    public long S64() => Signed(64);

    public int FixedI32()
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));
        return value;
    }

    public long FixedI64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > Left)
        {
            throw Malformed("unexpected end");
        }

        var bytes = _module.Slice(Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>A length in bytes that must fit into what is left.</summary>
    public int Length()
    {
        var length = U32();
        return length <= (uint)Left ? (int)length : throw Malformed("length out of bounds");
    }

    /// <summary>The number of a vector's items; each takes a byte at least, so a number that cannot be true is refused at once.</summary>
    public int Count(int max, string items)
    {
        var count = U32();
        if (count > (uint)max)
        {
            throw new InvalidModuleException(ModuleFault.LimitExceeded, Position, $"{count} {items}, the limit is {max}");
        }

        return count <= (uint)Left ? (int)count : throw Malformed("unexpected end");
    }

    public string Name(int bytesMax)
    {
        var length = Length();
        if (length > bytesMax)
        {
            throw new InvalidModuleException(ModuleFault.LimitExceeded, Position, $"a name of {length} bytes, the limit is {bytesMax}");
        }

        try
        {
            return StrictUtf8.GetString(Bytes(length));
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("malformed UTF-8 encoding");
        }
    }

    /// <summary>Reads a name of any length, of which only matters whether it is this one.</summary>
    public bool NameIs(ReadOnlySpan<byte> name)
    {
        var bytes = Bytes(Length());
        return Utf8.IsValid(bytes) ? bytes.SequenceEqual(name) : throw Malformed("malformed UTF-8 encoding");
    }

    public void Skip(int count) => Bytes(count);

    private ulong Unsigned(int bits)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            var left = bits - shift;
            if (left < 7 && (next & 0x7F) >> left != 0)
            {
                throw Malformed((next & 0x80) != 0 ? "integer representation too long" : "integer too large");
            }

            value |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                return value;
            }

            if (left <= 7)
            {
                throw Malformed("integer representation too long");
            }
        }
    }

    private long Signed(int bits)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            var left = bits - shift;
            if (left < 7)
            {
                // The unused bits must repeat the sign bit (core specification, 5.2.2).
                if ((next & 0x80) != 0)
                {
                    throw Malformed("integer representation too long");
                }

                var sign = (sbyte)(next << 1) >> left;
                if (sign is not (0 or -1))
                {
                    throw Malformed("integer too large");
                }
            }

            value |= (long)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                var used = shift + 7;
                return used < 64 && (next & 0x40) != 0 ? value | (-1L << used) : value;
            }

            if (left <= 7)
            {
                throw Malformed("integer representation too long");
            }
        }
    }
}
