using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Tests.Building;

/// <summary>Bytes of instructions, by the names of the text format, for modules that tests make up.</summary>
public sealed class Code
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public Code Raw(params ReadOnlySpan<byte> raw)
    {
        _bytes.AddRange(raw);
        return this;
    }

    /// <summary>Repeats what <paramref name="body"/> writes.</summary>
    public Code Times(int count, Action<Code> body)
    {
        for (var i = 0; i < count; i++)
        {
            body(this);
        }

        return this;
    }

    public Code Unreachable() => Raw(0x00);

    public Code Nop() => Raw(0x01);

    public Code Block(byte type = 0x40) => Raw(0x02, type);

    public Code Loop(byte type = 0x40) => Raw(0x03, type);

    public Code If(byte type = 0x40) => Raw(0x04, type);

    public Code Else() => Raw(0x05);

    public Code End() => Raw(0x0B);

    public Code Br(int label) => Raw(0x0C).U32((uint)label);

    public Code BrIf(int label) => Raw(0x0D).U32((uint)label);

    public Code BrTable(ReadOnlySpan<int> labels, int other)
    {
        Raw(0x0E).U32((uint)labels.Length);
        foreach (var label in labels)
        {
            U32((uint)label);
        }

        return U32((uint)other);
    }

    public Code Return() => Raw(0x0F);

    public Code Call(int function) => Raw(0x10).U32((uint)function);

    public Code CallIndirect(int type, int table = 0) => Raw(0x11).U32((uint)type).U32((uint)table);

    public Code Drop() => Raw(0x1A);

    public Code Select() => Raw(0x1B);

    public Code LocalGet(int local) => Raw(0x20).U32((uint)local);

    public Code ReturnCall(int function) => Raw(0x12).U32((uint)function);

    public Code ReturnCallIndirect(int type, int table = 0) => Raw(0x13).U32((uint)type).U32((uint)table);

    public Code LocalSet(int local) => Raw(0x21).U32((uint)local);

    public Code LocalTee(int local) => Raw(0x22).U32((uint)local);

    public Code GlobalGet(int global) => Raw(0x23).U32((uint)global);

    public Code GlobalSet(int global) => Raw(0x24).U32((uint)global);

    public Code I32Load(uint offset = 0) => Raw(0x28, 0).U32(offset);

    public Code I64Load(uint offset = 0) => Raw(0x29, 0).U32(offset);

    public Code I32Store(uint offset = 0) => Raw(0x36, 0).U32(offset);

    public Code I32Store8(uint offset = 0) => Raw(0x3A, 0).U32(offset);

    public Code MemorySize() => Raw(0x3F, 0);

    public Code MemoryGrow() => Raw(0x40, 0);

    public Code MemoryFill() => Raw(0xFC, 0x0B, 0);

    public Code MemoryCopy() => Raw(0xFC, 0x0A, 0, 0);

    public Code TableGrow(int table) => Raw(0xFC, 0x0F).U32((uint)table);

    public Code RefNullFunc() => Raw(0xD0, 0x70);

    public Code I32Const(int value) => Raw(0x41).Signed(value);

    public Code I64Const(long value) => Raw(0x42).Signed(value);

    public Code F32Const(float value) => Raw(0x43).Raw(BitConverter.GetBytes(value));

    public Code F64Const(double value) => Raw(0x44).Raw(BitConverter.GetBytes(value));

    public Code I32Eqz() => Raw(0x45);

    public Code I32LtS() => Raw(0x48);

    public Code I32Add() => Raw(0x6A);

    public Code I32Sub() => Raw(0x6B);

    public Code I32Mul() => Raw(0x6C);

    public Code V128Const(long low, long high) => Op(Opcode.V128Const).Raw(BitConverter.GetBytes(low)).Raw(BitConverter.GetBytes(high));

    /// <summary>An instruction by its opcode; immediates come after it.</summary>
    internal Code Op(Opcode opcode) => (int)opcode <= 0xFF ? Raw((byte)opcode) : Raw((byte)((int)opcode >> 8)).U32((uint)opcode & 0xFF);

    public Code U32(uint value)
    {
        while (value >= 0x80)
        {
            _bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        _bytes.Add((byte)value);
        return this;
    }

    private Code Signed(long value)
    {
        while (value is < -64 or > 63)
        {
            _bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        _bytes.Add((byte)(value & 0x7F));
        return this;
    }
}
