using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// A node of the tree before its last compression: whether that is the root's, and how much output it gives, is known only when the
/// input has ended.
/// </summary>
internal unsafe struct Blake3Node
{
    private ChainingValue _value;
    private fixed byte _block[Blake3Words.BlockSize];
    private uint _length;
    private ulong _counter;
    private uint _flags;

    /// <summary>A chunk of 0 to 1024 bytes.</summary>
    public static void Chunk(byte* input, int length, in ChainingValue key, ulong counter, uint flags, int lanes, out Blake3Node node)
    {
        Unsafe.SkipInit(out node);
        var value = key;
        var start = Blake3Words.ChunkStart;
        for (; length > Blake3Words.BlockSize; length -= Blake3Words.BlockSize, input += Blake3Words.BlockSize, start = 0)
        {
            Blake3Block.Compress(ref value, input, Blake3Words.BlockSize, counter, flags | start, lanes, out _);
        }
        node._value = value;
        node._length = (uint)length;
        node._counter = counter;
        node._flags = flags | start | Blake3Words.ChunkEnd;
        fixed (byte* block = node._block)
        {
            var room = new Span<byte>(block, Blake3Words.BlockSize);
            new ReadOnlySpan<byte>(input, length).CopyTo(room);
            room[length..].Clear();
        }
    }

    public static void Parent(in ChainingValue key, in ChainingValue left, in ChainingValue right, uint flags, out Blake3Node node)
    {
        Unsafe.SkipInit(out node);
        node._value = key;
        node._length = Blake3Words.BlockSize;
        node._counter = 0;
        node._flags = flags | Blake3Words.Parent;
        fixed (byte* block = node._block)
        {
            ((ChainingValue*)block)[0] = left;
            ((ChainingValue*)block)[1] = right;
        }
    }

    /// <summary>The children of a parent.</summary>
    [UnscopedRef]
    public readonly ref readonly ChainingValue Left => ref Unsafe.As<byte, ChainingValue>(ref Unsafe.AsRef(in _block[0]));

    [UnscopedRef]
    public readonly ref readonly ChainingValue Right => ref Unsafe.As<byte, ChainingValue>(ref Unsafe.AsRef(in _block[ChainingValue.Size]));

    /// <summary>The chaining value of a node that is not the root.</summary>
    public void Finish(int lanes, out ChainingValue value)
    {
        value = _value;
        fixed (byte* block = _block)
        {
            Blake3Block.Compress(ref value, block, _length, _counter, _flags, lanes, out _);
        }
    }

    /// <summary>The hash, if this node is the root.</summary>
    public Bytes32 FinishRoot(int lanes)
    {
        var value = _value;
        fixed (byte* block = _block)
        {
            Blake3Block.Compress(ref value, block, _length, 0, _flags | Blake3Words.Root, lanes, out _);
        }
        return value.ToBytes32();
    }

    /// <summary>The hash extended to any length, if this node is the root: block i of the output has the counter i.</summary>
    [SkipLocalsInit]
    public void FinishRoot(Span<byte> output, int lanes)
    {
        var values = stackalloc ChainingValue[2];
        fixed (byte* block = _block)
        {
            for (ulong counter = 0; output.Length > 0; counter++)
            {
                values[0] = _value;
                Blake3Block.Compress(ref values[0], block, _length, counter, _flags | Blake3Words.Root, lanes, out values[1]);
                var take = Math.Min(output.Length, Blake3Words.BlockSize);
                new ReadOnlySpan<byte>(values, take).CopyTo(output);
                output = output[take..];
            }
        }
    }
}
