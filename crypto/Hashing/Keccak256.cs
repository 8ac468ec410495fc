using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Marketplace.Crypto;

/// <summary>
/// Keccak-256 as Ethereum uses it: the sponge of https://keccak.team/files/Keccak-reference-3.0.pdf with rate 1088 and the original
/// padding, which is not that of SHA3-256. An instance hashes one message that comes in parts, for one thread at a time.
/// </summary>
public sealed class Keccak256
{
    public const int DigestSize = 32;

    private const int Rate = 136;
    private const int LaneCount = 25;
    private const int RoundCount = 24;

    private static ReadOnlySpan<ulong> RoundConstants =>
        [
            0x0000000000000001,
            0x0000000000008082,
            0x800000000000808a,
            0x8000000080008000,
            0x000000000000808b,
            0x0000000080000001,
            0x8000000080008081,
            0x8000000000008009,
            0x000000000000008a,
            0x0000000000000088,
            0x0000000080008009,
            0x000000008000000a,
            0x000000008000808b,
            0x800000000000008b,
            0x8000000000008089,
            0x8000000000008003,
            0x8000000000008002,
            0x8000000000000080,
            0x000000000000800a,
            0x800000008000000a,
            0x8000000080008081,
            0x8000000000008080,
            0x0000000080000001,
            0x8000000080008008,
        ];

    private readonly ulong[] _lanes = new ulong[LaneCount];
    private readonly byte[] _block = new byte[Rate];
    private int _size;
    private bool _finished;

    /// <summary>Writes the digest of a whole message; allocates nothing.</summary>
    /// <exception cref="ArgumentException"><paramref name="digest"/> is not 32 bytes long.</exception>
    public static void Hash(ReadOnlySpan<byte> message, Span<byte> digest)
    {
        CheckDigest(digest);
        Span<ulong> lanes = stackalloc ulong[LaneCount];
        lanes.Clear();
        for (; message.Length >= Rate; message = message[Rate..])
        {
            Absorb(lanes, message);
        }
        Span<byte> block = stackalloc byte[Rate];
        message.CopyTo(block);
        Squeeze(lanes, block, message.Length, digest);
    }

    /// <inheritdoc cref="Hash(ReadOnlySpan{byte}, Span{byte})"/>
    public static byte[] Hash(ReadOnlySpan<byte> message)
    {
        var digest = new byte[DigestSize];
        Hash(message, digest);
        return digest;
    }

    /// <exception cref="InvalidOperationException">The digest was written already.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        CheckOpen();
        if (_size > 0)
        {
            var part = Math.Min(bytes.Length, Rate - _size);
            bytes[..part].CopyTo(_block.AsSpan(_size));
            _size += part;
            bytes = bytes[part..];
            if (_size < Rate)
            {
                return;
            }
            Absorb(_lanes, _block);
            _size = 0;
        }
        for (; bytes.Length >= Rate; bytes = bytes[Rate..])
        {
            Absorb(_lanes, bytes);
        }
        bytes.CopyTo(_block);
        _size = bytes.Length;
    }

    /// <summary>Writes the digest; nothing may be appended afterwards.</summary>
    /// <exception cref="ArgumentException"><paramref name="digest"/> is not 32 bytes long.</exception>
    /// <exception cref="InvalidOperationException">The digest was written already.</exception>
    public void Finish(Span<byte> digest)
    {
        CheckDigest(digest);
        CheckOpen();
        _finished = true;
        Squeeze(_lanes, _block, _size, digest);
    }

    private static void Squeeze(Span<ulong> lanes, Span<byte> block, int size, Span<byte> digest)
    {
        block[size..].Clear();
        block[size] ^= 0x01;
        block[Rate - 1] ^= 0x80;
        Absorb(lanes, block);
        for (var i = 0; i < DigestSize / sizeof(ulong); i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(8 * i)..], lanes[i]);
        }
    }

    private static void Absorb(Span<ulong> lanes, ReadOnlySpan<byte> block)
    {
        for (var i = 0; i < Rate / 8; i++)
        {
            lanes[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        }
        Permute(ref MemoryMarshal.GetReference(lanes));
    }

    /// <summary>Keccak-f[1600]: two rounds a turn, from the state to a copy of it and back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Permute(ref ulong lanes)
    {
        Span<ulong> copy = stackalloc ulong[LaneCount];
        ref var other = ref MemoryMarshal.GetReference(copy);
        ref var constant = ref MemoryMarshal.GetReference(RoundConstants);
        for (var i = 0; i < RoundCount; i += 2)
        {
            Round(ref lanes, ref other, Unsafe.Add(ref constant, i));
            Round(ref other, ref lanes, Unsafe.Add(ref constant, i + 1));
        }
    }

    /// <summary>
    /// Theta, rho, pi, chi and iota at once. The lanes stay in memory, for no processor has registers for two states; only the five words
    /// of a row are held.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong from, ref ulong to, ulong constant)
    {
        ulong c0 = Column(ref from, 0),
            c1 = Column(ref from, 1),
            c2 = Column(ref from, 2),
            c3 = Column(ref from, 3),
            c4 = Column(ref from, 4);
        var d0 = c4 ^ BitOperations.RotateLeft(c1, 1);
        var d1 = c0 ^ BitOperations.RotateLeft(c2, 1);
        var d2 = c1 ^ BitOperations.RotateLeft(c3, 1);
        var d3 = c2 ^ BitOperations.RotateLeft(c4, 1);
        var d4 = c3 ^ BitOperations.RotateLeft(c0, 1);
        var b0 = from ^ d0;
        var b1 = BitOperations.RotateLeft(Unsafe.Add(ref from, 6) ^ d1, 44);
        var b2 = BitOperations.RotateLeft(Unsafe.Add(ref from, 12) ^ d2, 43);
        var b3 = BitOperations.RotateLeft(Unsafe.Add(ref from, 18) ^ d3, 21);
        var b4 = BitOperations.RotateLeft(Unsafe.Add(ref from, 24) ^ d4, 14);
        to = b0 ^ (~b1 & b2) ^ constant;
        Unsafe.Add(ref to, 1) = b1 ^ (~b2 & b3);
        Unsafe.Add(ref to, 2) = b2 ^ (~b3 & b4);
        Unsafe.Add(ref to, 3) = b3 ^ (~b4 & b0);
        Unsafe.Add(ref to, 4) = b4 ^ (~b0 & b1);
        b0 = BitOperations.RotateLeft(Unsafe.Add(ref from, 3) ^ d3, 28);
        b1 = BitOperations.RotateLeft(Unsafe.Add(ref from, 9) ^ d4, 20);
        b2 = BitOperations.RotateLeft(Unsafe.Add(ref from, 10) ^ d0, 3);
        b3 = BitOperations.RotateLeft(Unsafe.Add(ref from, 16) ^ d1, 45);
        b4 = BitOperations.RotateLeft(Unsafe.Add(ref from, 22) ^ d2, 61);
        Unsafe.Add(ref to, 5) = b0 ^ (~b1 & b2);
        Unsafe.Add(ref to, 6) = b1 ^ (~b2 & b3);
        Unsafe.Add(ref to, 7) = b2 ^ (~b3 & b4);
        Unsafe.Add(ref to, 8) = b3 ^ (~b4 & b0);
        Unsafe.Add(ref to, 9) = b4 ^ (~b0 & b1);
        b0 = BitOperations.RotateLeft(Unsafe.Add(ref from, 1) ^ d1, 1);
        b1 = BitOperations.RotateLeft(Unsafe.Add(ref from, 7) ^ d2, 6);
        b2 = BitOperations.RotateLeft(Unsafe.Add(ref from, 13) ^ d3, 25);
        b3 = BitOperations.RotateLeft(Unsafe.Add(ref from, 19) ^ d4, 8);
        b4 = BitOperations.RotateLeft(Unsafe.Add(ref from, 20) ^ d0, 18);
        Unsafe.Add(ref to, 10) = b0 ^ (~b1 & b2);
        Unsafe.Add(ref to, 11) = b1 ^ (~b2 & b3);
        Unsafe.Add(ref to, 12) = b2 ^ (~b3 & b4);
        Unsafe.Add(ref to, 13) = b3 ^ (~b4 & b0);
        Unsafe.Add(ref to, 14) = b4 ^ (~b0 & b1);
        b0 = BitOperations.RotateLeft(Unsafe.Add(ref from, 4) ^ d4, 27);
        b1 = BitOperations.RotateLeft(Unsafe.Add(ref from, 5) ^ d0, 36);
        b2 = BitOperations.RotateLeft(Unsafe.Add(ref from, 11) ^ d1, 10);
        b3 = BitOperations.RotateLeft(Unsafe.Add(ref from, 17) ^ d2, 15);
        b4 = BitOperations.RotateLeft(Unsafe.Add(ref from, 23) ^ d3, 56);
        Unsafe.Add(ref to, 15) = b0 ^ (~b1 & b2);
        Unsafe.Add(ref to, 16) = b1 ^ (~b2 & b3);
        Unsafe.Add(ref to, 17) = b2 ^ (~b3 & b4);
        Unsafe.Add(ref to, 18) = b3 ^ (~b4 & b0);
        Unsafe.Add(ref to, 19) = b4 ^ (~b0 & b1);
        b0 = BitOperations.RotateLeft(Unsafe.Add(ref from, 2) ^ d2, 62);
        b1 = BitOperations.RotateLeft(Unsafe.Add(ref from, 8) ^ d3, 55);
        b2 = BitOperations.RotateLeft(Unsafe.Add(ref from, 14) ^ d4, 39);
        b3 = BitOperations.RotateLeft(Unsafe.Add(ref from, 15) ^ d0, 41);
        b4 = BitOperations.RotateLeft(Unsafe.Add(ref from, 21) ^ d1, 2);
        Unsafe.Add(ref to, 20) = b0 ^ (~b1 & b2);
        Unsafe.Add(ref to, 21) = b1 ^ (~b2 & b3);
        Unsafe.Add(ref to, 22) = b2 ^ (~b3 & b4);
        Unsafe.Add(ref to, 23) = b3 ^ (~b4 & b0);
        Unsafe.Add(ref to, 24) = b4 ^ (~b0 & b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Column(ref ulong lanes, int x) =>
        Unsafe.Add(ref lanes, x)
        ^ Unsafe.Add(ref lanes, x + 5)
        ^ Unsafe.Add(ref lanes, x + 10)
        ^ Unsafe.Add(ref lanes, x + 15)
        ^ Unsafe.Add(ref lanes, x + 20);

    private void CheckOpen()
    {
        if (_finished)
        {
            throw new InvalidOperationException("The digest was written already: hash another message with a new Keccak256.");
        }
    }

    private static void CheckDigest(Span<byte> digest)
    {
        if (digest.Length != DigestSize)
        {
            throw new ArgumentException($"A Keccak-256 digest has {DigestSize} bytes, got room for {digest.Length}.", nameof(digest));
        }
    }
}
