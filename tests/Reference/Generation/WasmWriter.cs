using System.Text;
using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Generation;

/// <summary>Writes the elements of the binary format (core specification, 5.2 and 5.3).</summary>
internal sealed class WasmWriter
{
    private readonly List<byte> _bytes = [];

    public int Count => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public WasmWriter Byte(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public WasmWriter Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public WasmWriter U32(uint value)
    {
        while (value >= 0x80)
        {
            _bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        _bytes.Add((byte)value);
        return this;
    }

    public WasmWriter Index(int value) => U32((uint)value);

    public WasmWriter Signed(long value)
    {
        while (value is < -64 or > 63)
        {
            _bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        return Byte((int)(value & 0x7F));
    }

    /// <summary>Two-byte opcodes stand with their prefix first, and what follows it is a number.</summary>
    public WasmWriter Op(Opcode opcode) => (int)opcode < 0x100 ? Byte((int)opcode) : Byte((int)opcode >> 8).U32((uint)opcode & 0xFF);

    public WasmWriter Type(WasmType type) => Byte((int)type);

    public WasmWriter Types(IReadOnlyCollection<WasmType> types)
    {
        Index(types.Count);
        foreach (var type in types)
        {
            Type(type);
        }

        return this;
    }

    public WasmWriter Name(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        return Index(bytes.Length).Raw(bytes);
    }

    public WasmWriter Limits(uint min, uint? max)
    {
        Byte(max is null ? 0 : 1).U32(min);
        return max is { } value ? U32(value) : this;
    }

    /// <summary>A length and as many bytes.</summary>
    public WasmWriter Sized(WasmWriter content) => Index(content.Count).Raw(content.ToArray());

    public WasmWriter Section(int id, IReadOnlyCollection<WasmWriter> items)
    {
        if (items.Count == 0)
        {
            return this;
        }

        var content = new WasmWriter().Index(items.Count);
        foreach (var item in items)
        {
            content.Raw(item.ToArray());
        }

        return Byte(id).Sized(content);
    }
}
