using System.Buffers;
using System.Buffers.Binary;
using Marketplace.Receipts;

namespace Marketplace.Storage;

/// <summary>
/// The stored forms of pages. Entries: 1, their number (u32 LE), and for each the length of its key (u16), of its value (u32), key, value.
/// Keys: 2, their number (u32), and for each its length (u16) and the key.
/// </summary>
internal static class StatePageForm
{
    private const byte OfItems = 1;
    private const byte OfKeys = 2;

    public static ReadOnlyMemory<byte> Write(StateItem[] items)
    {
        var writer = new FormWriter(5 + items.Sum(static item => StateChunk.BytesOf(item.Key.Length, item.Value.Length)));
        writer.Byte(OfItems);
        writer.U32((uint)items.Length);
        foreach (var item in items)
        {
            writer.U16((ushort)item.Key.Length);
            writer.U32((uint)item.Value.Length);
            writer.Bytes(item.Key.Span);
            writer.Bytes(item.Value.Span);
        }
        return writer.Written;
    }

    public static StateItem[] ReadItems(ReadOnlyMemory<byte> content, string name)
    {
        var reader = new FormReader(content.Span, name);
        reader.Version(OfItems);
        var items = new StateItem[reader.Items(StateChunk.BytesOf(0, 0))];
        for (var index = 0; index < items.Length; index++)
        {
            var (keyBytes, valueBytes) = (reader.U16(), reader.Size());
            var key = reader.Bytes(keyBytes);
            items[index] = StateItem.Of(StateHashes.Path(key), key, reader.Bytes(valueBytes));
            if (index > 0 && items[index - 1].Path.CompareTo(items[index].Path) >= 0)
            {
                throw reader.Damaged("entries out of order");
            }
        }
        reader.End();
        return items.Length > 0 ? items : throw reader.Damaged("no entries");
    }

    public static ReadOnlyMemory<byte> Write(byte[][] keys)
    {
        var writer = new FormWriter(5 + keys.Sum(static key => sizeof(ushort) + key.Length));
        writer.Byte(OfKeys);
        writer.U32((uint)keys.Length);
        foreach (var key in keys)
        {
            writer.U16((ushort)key.Length);
            writer.Bytes(key);
        }
        return writer.Written;
    }

    public static byte[][] ReadKeys(ReadOnlyMemory<byte> content, string name)
    {
        var reader = new FormReader(content.Span, name);
        reader.Version(OfKeys);
        var keys = new byte[reader.Items(sizeof(ushort))][];
        for (var index = 0; index < keys.Length; index++)
        {
            keys[index] = reader.Bytes(reader.U16()).ToArray();
            if (index > 0 && keys[index - 1].AsSpan().SequenceCompareTo(keys[index]) >= 0)
            {
                throw reader.Damaged("keys out of order");
            }
        }
        reader.End();
        return keys.Length > 0 ? keys : throw reader.Damaged("no keys");
    }
}

/// <summary>Writes numbers little-endian, and bytes.</summary>
internal sealed class FormWriter(int capacity)
{
    private readonly ArrayBufferWriter<byte> _written = new(Math.Max(capacity, 16));

    public ReadOnlyMemory<byte> Written => _written.WrittenMemory;

    public int Length => _written.WrittenCount;

    public void Byte(byte value)
    {
        _written.GetSpan(1)[0] = value;
        _written.Advance(1);
    }

    public void U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_written.GetSpan(sizeof(ushort)), value);
        _written.Advance(sizeof(ushort));
    }

    public void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_written.GetSpan(sizeof(uint)), value);
        _written.Advance(sizeof(uint));
    }

    public void I64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_written.GetSpan(sizeof(long)), value);
        _written.Advance(sizeof(long));
    }

    public void Id(in Bytes32 value)
    {
        value.CopyTo(_written.GetSpan(Bytes32.Size));
        _written.Advance(Bytes32.Size);
    }

    public void Page(PageId id)
    {
        I64(id.Claim);
        U32((uint)id.Number);
    }

    public void Bytes(ReadOnlySpan<byte> value) => _written.Write(value);
}

/// <summary>Reads what <see cref="FormWriter"/> wrote. Bytes that it cannot have written give <see cref="InvalidDataException"/>.</summary>
internal ref struct FormReader(ReadOnlySpan<byte> bytes, string name)
{
    private readonly ReadOnlySpan<byte> _all = bytes;
    private int _position = 0;

    public readonly bool HasMore => _position < _all.Length;

    public void Version(byte known)
    {
        var seen = Byte();
        if (seen != known)
        {
            throw new InvalidDataException($"'{name}' has format {seen}; this build reads {known}. Use the build that wrote it.");
        }
    }

    public byte Byte() => Bytes(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(sizeof(ushort)));

    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(sizeof(long)));

    /// <summary>A number that is never negative.</summary>
    public int Size()
    {
        var seen = BinaryPrimitives.ReadUInt32LittleEndian(Bytes(sizeof(uint)));
        return seen <= int.MaxValue ? (int)seen : throw Damaged($"a size of {seen}");
    }

    /// <summary>The number of items that follow, each of at least so many bytes: damaged data cannot ask for much memory.</summary>
    public int Items(int itemBytesMin)
    {
        var count = Size();
        return (long)count * itemBytesMin <= _all.Length - _position ? count : throw Damaged($"{count} items");
    }

    public Bytes32 Id() => new(Bytes(Bytes32.Size));

    public PageId Page() => new(I64(), Size());

    public ReadOnlySpan<byte> Bytes(int size)
    {
        if (size > _all.Length - _position)
        {
            throw Damaged($"{_all.Length - _position} bytes where {size} were announced");
        }
        _position += size;
        return _all.Slice(_position - size, size);
    }

    public readonly void End()
    {
        if (_position != _all.Length)
        {
            throw Damaged("bytes after the end");
        }
    }

    public readonly InvalidDataException Damaged(string what) =>
        new($"'{name}' is damaged: {what}, at offset {_position} of {_all.Length}.");
}
