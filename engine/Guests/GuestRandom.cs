using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Marketplace.Engine.Guests;

/// <summary>
/// The guest's randomness: the ChaCha20 key stream whose key is the run's seed, with nonce zero and the block counter from zero, as in
/// https://www.rfc-editor.org/rfc/rfc8439#section-2.4. Every reader of the seed can compute the same bytes: it is chance, not a secret.
/// </summary>
internal sealed class GuestRandom
{
    private const int BlockSize = 64;
    private const int Rounds = 20;

    // The state's four rows; the last is the counter, of 64 bits here, and a nonce of zero.
    private readonly Vector128<uint> _constants;
    private readonly Vector128<uint> _keyLow;
    private readonly Vector128<uint> _keyHigh;
    private readonly byte[] _block = new byte[BlockSize];
    private ulong _counter;
    private int _used = BlockSize;

    public GuestRandom(Bytes32 seed)
    {
        Span<byte> key = stackalloc byte[Bytes32.Size];
        seed.CopyTo(key);
        _constants = Row("expand 32-byte k"u8);
        _keyLow = Row(key);
        _keyHigh = Row(key[16..]);
    }

    public void Fill(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (_used == BlockSize)
            {
                NextBlock();
            }
            var part = Math.Min(destination.Length, BlockSize - _used);
            _block.AsSpan(_used, part).CopyTo(destination);
            _used += part;
            destination = destination[part..];
        }
    }

    private void NextBlock()
    {
        var counter = Vector128.Create(_counter, 0).AsUInt32();
        var (a, b, c, d) = (_constants, _keyLow, _keyHigh, counter);
        for (var round = 0; round < Rounds; round += 2)
        {
            QuarterRounds(ref a, ref b, ref c, ref d);

            // Turning the rows puts the diagonals into columns, and back.
            b = Vector128.Shuffle(b, Vector128.Create(1u, 2, 3, 0));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(3u, 0, 1, 2));
            QuarterRounds(ref a, ref b, ref c, ref d);
            b = Vector128.Shuffle(b, Vector128.Create(3u, 0, 1, 2));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(1u, 2, 3, 0));
        }

        Store(a + _constants, 0);
        Store(b + _keyLow, 16);
        Store(c + _keyHigh, 32);
        Store(d + counter, 48);
        _counter++;
        _used = 0;
    }

    private static void QuarterRounds(ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d)
    {
        a += b;
        d = RotateLeft(d ^ a, 16);
        c += d;
        b = RotateLeft(b ^ c, 12);
        a += b;
        d = RotateLeft(d ^ a, 8);
        c += d;
        b = RotateLeft(b ^ c, 7);
    }

    private static Vector128<uint> RotateLeft(Vector128<uint> words, int count) => (words << count) | (words >>> (32 - count));

    // Little endian, as every machine is that the compiler's own code runs on.
    private static Vector128<uint> Row(ReadOnlySpan<byte> bytes) => Vector128.Create(bytes).AsUInt32();

    private void Store(Vector128<uint> row, int offset) => MemoryMarshal.Write(_block.AsSpan(offset), in row);
}
