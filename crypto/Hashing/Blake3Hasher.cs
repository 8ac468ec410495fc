using System.Numerics;
using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// BLAKE3 of input that comes in pieces. Allocates once, when made; <see cref="Reset"/> makes it ready for the next input. The result
/// does not depend on how the input was cut, but pieces of 16 KiB and more that start at a multiple of their own size are fastest.
/// One thread at a time.
/// </summary>
public sealed unsafe class Blake3Hasher
{
    /// <summary>Subtrees still waiting for their right sibling: one a bit of the number of chunks, 2^54 chunks being 2^64 bytes.</summary>
    private const int PendingMax = 54;

    private readonly int _lanes;
    private readonly uint _flags;
    private readonly ChainingValue _key;
    private Pending _pending;
    private int _pendingCount;
    private ChunkBytes _chunk;
    private int _chunkLength;
    private ulong _chunkCounter;

    /// <summary>A hasher for the plain hash.</summary>
    public Blake3Hasher()
        : this(Blake3Words.Iv, 0, Blake3Subtree.LanesDetected) { }

    internal Blake3Hasher(in ChainingValue key, uint flags, int lanes) => (_key, _flags, _lanes) = (key, flags, lanes);

    /// <exception cref="ArgumentException"><paramref name="key"/> is not 32 bytes long.</exception>
    public static Blake3Hasher Keyed(ReadOnlySpan<byte> key) =>
        new(ChainingValue.From(key), Blake3Words.KeyedHash, Blake3Subtree.LanesDetected);

    /// <summary>How many bytes have been given since the start or the last <see cref="Reset"/>.</summary>
    public ulong Length => _chunkCounter * Blake3Words.ChunkSize + (uint)_chunkLength;

    /// <summary>Forgets the input, keeps key and mode.</summary>
    public void Reset() => (_pendingCount, _chunkLength, _chunkCounter) = (0, 0, 0);

    public void Update(ReadOnlySpan<byte> input)
    {
        if (_chunkLength > 0)
        {
            var take = Math.Min(Blake3Words.ChunkSize - _chunkLength, input.Length);
            Hold(input[..take]);
            input = input[take..];
            // The last chunk is kept back even when it is full, for it may be the root.
            if (input.IsEmpty)
            {
                return;
            }
            ChunkNode(out var chunk);
            chunk.Finish(_lanes, out var value);
            _chunkLength = 0;
            Push(in value, 1);
        }
        while (input.Length > Blake3Words.ChunkSize)
        {
            var size = SubtreeSize(input.Length);
            PushSubtree(input[..size]);
            input = input[size..];
        }
        if (!input.IsEmpty)
        {
            Hold(input);
            // Done here rather than at the next piece, so that the pending subtrees are always those of the bits of the counter.
            Merge(_chunkCounter);
        }
    }

    /// <summary>The hash of the input so far; more may follow.</summary>
    public Bytes32 Finish()
    {
        ToRoot(out var root);
        return root.FinishRoot(_lanes);
    }

    /// <summary>The hash of the input so far, extended to the length of <paramref name="output"/>.</summary>
    public void Finish(Span<byte> output)
    {
        ToRoot(out var root);
        root.FinishRoot(output, _lanes);
    }

    private void Hold(ReadOnlySpan<byte> input)
    {
        input.CopyTo(((Span<byte>)_chunk)[_chunkLength..]);
        _chunkLength += input.Length;
    }

    /// <summary>The largest subtree at the front of the input that starts where subtrees of its size start.</summary>
    private int SubtreeSize(int length)
    {
        var size = 1 << BitOperations.Log2((uint)length);
        var before = _chunkCounter * Blake3Words.ChunkSize;
        while (((ulong)(size - 1) & before) != 0)
        {
            size /= 2;
        }
        return size;
    }

    /// <summary>Two halves are pushed instead of the whole, because it may still turn out to be the root.</summary>
    private void PushSubtree(ReadOnlySpan<byte> input)
    {
        fixed (byte* start = input)
        {
            if (input.Length == Blake3Words.ChunkSize)
            {
                Blake3Node.Chunk(start, input.Length, in _key, _chunkCounter, _flags, _lanes, out var chunk);
                chunk.Finish(_lanes, out var value);
                Push(in value, 1);
                return;
            }
            Blake3Subtree.ToParent(start, (nuint)input.Length, in _key, _chunkCounter, _flags, _lanes, out var parent);
            var halfChunks = (uint)(input.Length / Blake3Words.ChunkSize / 2);
            Push(in parent.Left, halfChunks);
            Push(in parent.Right, halfChunks);
        }
    }

    private void Push(in ChainingValue value, uint chunks)
    {
        Merge(_chunkCounter);
        _pending[_pendingCount++] = value;
        _chunkCounter += chunks;
    }

    /// <summary>Joins finished siblings until one subtree is pending for each bit that is set in the number of chunks before.</summary>
    private void Merge(ulong chunks)
    {
        for (var kept = BitOperations.PopCount(chunks); _pendingCount > kept; _pendingCount--)
        {
            Blake3Node.Parent(in _key, in _pending[_pendingCount - 2], in _pending[_pendingCount - 1], _flags, out var parent);
            parent.Finish(_lanes, out _pending[_pendingCount - 2]);
        }
    }

    private void ChunkNode(out Blake3Node node)
    {
        fixed (byte* start = (Span<byte>)_chunk)
        {
            Blake3Node.Chunk(start, _chunkLength, in _key, _chunkCounter, _flags, _lanes, out node);
        }
    }

    private void ToRoot(out Blake3Node root)
    {
        var left = _pendingCount;
        if (left == 0 || _chunkLength > 0)
        {
            ChunkNode(out root);
        }
        else
        {
            left -= 2;
            Blake3Node.Parent(in _key, in _pending[left], in _pending[left + 1], _flags, out root);
        }
        while (left > 0)
        {
            root.Finish(_lanes, out var value);
            Blake3Node.Parent(in _key, in _pending[--left], in value, _flags, out root);
        }
    }

    /// <summary>One more than the depth: a new value is pushed before its neighbours are joined.</summary>
    [InlineArray(PendingMax + 1)]
    private struct Pending
    {
        private ChainingValue _first;
    }

    [InlineArray(Blake3Words.ChunkSize)]
    private struct ChunkBytes
    {
        private byte _first;
    }
}
