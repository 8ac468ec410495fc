using System.Buffers.Binary;
using System.Numerics;

namespace Marketplace.Engine.Guests;

/// <summary>
/// The guest's randomness: the ChaCha20 key stream whose key is the run's seed, with nonce zero and the block counter from zero, as in
/// https://www.rfc-editor.org/rfc/rfc8439#section-2.4. Everybody who knows the seed gets the same bytes: it is chance, not a secret.
/// </summary>
internal sealed class GuestRandom
{
    private const int BlockSize = 64;
    private const int Rounds = 20;

    private readonly uint[] _state = new uint[16];
    private readonly byte[] _block = new byte[BlockSize];
    private int _used = BlockSize;

    public GuestRandom(Bytes32 seed)
    {
        Span<byte> key = stackalloc byte[Bytes32.Size];
        seed.CopyTo(key);
        ReadOnlySpan<byte> constants = "expand 32-byte k"u8;
        for (var i = 0; i < 4; i++)
            _state[i] = BinaryPrimitives.ReadUInt32LittleEndian(constants[(4 * i)..]);
        for (var i = 0; i < 8; i++)
            _state[4 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
    }

    public void Fill(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (_used == BlockSize)
                NextBlock();
            var part = Math.Min(destination.Length, BlockSize - _used);
            _block.AsSpan(_used, part).CopyTo(destination);
            _used += part;
            destination = destination[part..];
        }
    }

    private void NextBlock()
    {
        Span<uint> words = stackalloc uint[16];
        _state.CopyTo(words);
        for (var round = 0; round < Rounds; round += 2)
        {
            for (var column = 0; column < 4; column++)
                QuarterRound(words, column, 4 + column, 8 + column, 12 + column);
            for (var column = 0; column < 4; column++)
                QuarterRound(words, column, 4 + ((column + 1) & 3), 8 + ((column + 2) & 3), 12 + ((column + 3) & 3));
        }

        for (var i = 0; i < 16; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(_block.AsSpan(4 * i), words[i] + _state[i]);

        // The counter has 64 bits here: words 13 to 15 are a zero nonce, and the first carries over.
        if (++_state[12] == 0)
            _state[13]++;
        _used = 0;
    }

    private static void QuarterRound(Span<uint> words, int a, int b, int c, int d)
    {
        words[a] += words[b];
        words[d] = BitOperations.RotateLeft(words[d] ^ words[a], 16);
        words[c] += words[d];
        words[b] = BitOperations.RotateLeft(words[b] ^ words[c], 12);
        words[a] += words[b];
        words[d] = BitOperations.RotateLeft(words[d] ^ words[a], 8);
        words[c] += words[d];
        words[b] = BitOperations.RotateLeft(words[b] ^ words[c], 7);
    }
}
