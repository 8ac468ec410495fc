using System.Buffers.Binary;
using System.Numerics;

namespace Marketplace.Engine.Guests;

/// <summary>
/// Keccak-256 as Ethereum uses it: the sponge of https://keccak.team/files/Keccak-reference-3.0.pdf with rate 1088 and the original
/// padding, which is not that of SHA3-256.
/// </summary>
internal sealed class Keccak256
{
    public const int DigestSize = 32;

    private const int Rate = 136;

    private static readonly ulong[] RoundConstants =
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

    // Lanes in the order in which rho and pi visit them, and how far each is turned.
    private static readonly byte[] PiLanes = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];
    private static readonly byte[] Rotations = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

    private readonly ulong[] _lanes = new ulong[25];
    private readonly byte[] _block = new byte[Rate];
    private int _size;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
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
    }

    /// <summary>Writes the digest; nothing may be appended afterwards.</summary>
    public void Finish(Span<byte> digest)
    {
        _block.AsSpan(_size).Clear();
        _block[_size] ^= 0x01;
        _block[Rate - 1] ^= 0x80;
        Absorb(_lanes, _block);
        for (var i = 0; i < DigestSize / sizeof(ulong); i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(8 * i)..], _lanes[i]);
        }
    }

    private static void Absorb(Span<ulong> lanes, ReadOnlySpan<byte> block)
    {
        for (var i = 0; i < Rate / 8; i++)
        {
            lanes[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        }
        Span<ulong> columns = stackalloc ulong[5];
        foreach (var constant in RoundConstants)
        {
            Theta(lanes, columns);
            var moved = lanes[1];
            for (var i = 0; i < PiLanes.Length; i++)
            {
                var lane = PiLanes[i];
                (moved, lanes[lane]) = (lanes[lane], BitOperations.RotateLeft(moved, Rotations[i]));
            }

            Chi(lanes);
            lanes[0] ^= constant;
        }
    }

    private static void Theta(Span<ulong> lanes, Span<ulong> columns)
    {
        for (var x = 0; x < 5; x++)
        {
            columns[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
        }
        var d0 = columns[4] ^ BitOperations.RotateLeft(columns[1], 1);
        var d1 = columns[0] ^ BitOperations.RotateLeft(columns[2], 1);
        var d2 = columns[1] ^ BitOperations.RotateLeft(columns[3], 1);
        var d3 = columns[2] ^ BitOperations.RotateLeft(columns[4], 1);
        var d4 = columns[3] ^ BitOperations.RotateLeft(columns[0], 1);
        for (; lanes.Length >= 5; lanes = lanes[5..])
        {
            lanes[0] ^= d0;
            lanes[1] ^= d1;
            lanes[2] ^= d2;
            lanes[3] ^= d3;
            lanes[4] ^= d4;
        }
    }

    private static void Chi(Span<ulong> lanes)
    {
        for (; lanes.Length >= 5; lanes = lanes[5..])
        {
            var (r0, r1, r2, r3, r4) = (lanes[0], lanes[1], lanes[2], lanes[3], lanes[4]);
            lanes[0] = r0 ^ (~r1 & r2);
            lanes[1] = r1 ^ (~r2 & r3);
            lanes[2] = r2 ^ (~r3 & r4);
            lanes[3] = r3 ^ (~r4 & r0);
            lanes[4] = r4 ^ (~r0 & r1);
        }
    }
}
