using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Marketplace.Receipts;

/// <summary>The form of one entry of a chunk: length of the key (u16 LE), length of the value (u32 LE), key, value.</summary>
internal static class StateEntryForm
{
    public const int OverheadBytes = sizeof(ushort) + sizeof(uint);
}

/// <summary>Writes the forms of STATE.md into room of a known size.</summary>
internal sealed class StateWriter(int size)
{
    private readonly byte[] _bytes = new byte[size];
    private int _length;

    public byte[] Finish() =>
        _length == _bytes.Length
            ? _bytes
            : throw new InvalidOperationException(
                $"This is a bug in {nameof(StateWriter)}'s caller: {_length} of {_bytes.Length} bytes written."
            );

    public void Byte(byte value) => _bytes[_length++] = value;

    public void U16(int value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length), checked((ushort)value));
        _length += sizeof(ushort);
    }

    public void U32(int value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length), checked((uint)value));
        _length += sizeof(uint);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
    }

    public void Leaf(in StateLeaf leaf)
    {
        leaf.Write(_bytes.AsSpan(_length));
        _length += StateLeaf.Size;
    }

    public void Siblings(ImmutableArray<StateSibling> siblings)
    {
        U16(siblings.Length);
        foreach (var sibling in siblings)
        {
            Byte(sibling.Bit);
            sibling.Hash.CopyTo(_bytes.AsSpan(_length));
            _length += Bytes32.Size;
        }
    }
}

/// <summary>Reads the forms of STATE.md. Whatever is not exactly such a form gives <see cref="FormatException"/>.</summary>
internal ref struct StateReader(ReadOnlyMemory<byte> bytes, string what)
{
    private readonly ReadOnlyMemory<byte> _all = bytes;
    private int _position = 0;

    public void Version(byte known)
    {
        var seen = Byte();
        if (seen != known)
        {
            throw new FormatException($"The {what} has version {seen}; this build reads version {known}.");
        }
    }

    public byte Byte() => Take(1)[0];

    public int U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    /// <summary>A count as u32.</summary>
    public int Count(int most, string of)
    {
        var seen = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
        return seen <= (uint)most ? (int)seen : throw new FormatException($"The {what} has {seen} {of}; at most {most} are allowed.");
    }

    public Bytes32 Hash() => new(Take(Bytes32.Size));

    public StateLeaf Leaf() => new(Hash(), Hash(), Count(ProgramLimits.StateValueBytesMax, "bytes in the other leaf's value"));

    public ReadOnlyMemory<byte> Memory(int size)
    {
        _ = Take(size);
        return _all.Slice(_position - size, size);
    }

    /// <summary>Their bits grow: each stands below the one before.</summary>
    public ImmutableArray<StateSibling> Siblings()
    {
        var count = U16();
        if (count > StateProofPolicy.SiblingsMax)
        {
            throw new FormatException($"The {what} has {count} siblings; a path has {StateProofPolicy.SiblingsMax} bits.");
        }
        Span<StateSibling> siblings = new StateSibling[count];
        for (var index = 0; index < count; index++)
        {
            siblings[index] = new StateSibling(Byte(), Hash());
            if (index > 0 && siblings[index].Bit <= siblings[index - 1].Bit)
            {
                throw new FormatException(
                    $"The {what} has a sibling at bit {siblings[index].Bit} below one at bit {siblings[index - 1].Bit}; bits must grow."
                );
            }
        }
        return [.. siblings];
    }

    public readonly void End()
    {
        if (_position != _all.Length)
        {
            throw new FormatException($"The {what} ends after {_position} bytes; {_all.Length} were given.");
        }
    }

    private ReadOnlySpan<byte> Take(int size)
    {
        if (size > _all.Length - _position)
        {
            throw new FormatException($"The {what} is cut short: {_all.Length} bytes, and {_position + (long)size} are announced.");
        }
        _position += size;
        return _all.Span.Slice(_position - size, size);
    }
}
