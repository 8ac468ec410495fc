using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// scrypt (<see href="https://www.rfc-editor.org/rfc/rfc7914">RFC 7914</see>) makes a key of a password, in so much memory that guessing is
/// expensive. Which memory it reads depends on the password, by design of the RFC. The memory is outside of the garbage collector's; it is
/// wiped and freed before the method returns.
/// </summary>
public static unsafe class Scrypt
{
    /// <summary>The most memory that one key may take, in bytes: the largest of the RFC's own examples. Callers that read costs from
    /// files have smaller limits.</summary>
    public const long MemoryBytesMax = 1 << 30;

    /// <summary>What r counts: two blocks of Salsa20.</summary>
    private const int BlockBytes = 128;

    private const int WordsPerBlock = 16;
    private const int VectorsPerBlock = 4;

    /// <summary>The memory that a key takes, in bytes.</summary>
    /// <inheritdoc cref="DeriveKey"/>
    public static long MemoryBytes(int cost, int blockSize) =>
        BlockBytes * Math.Min(Math.BigMul(cost, blockSize), long.MaxValue / BlockBytes);

    /// <summary>Fills <paramref name="key"/>.</summary>
    /// <param name="password">The caller wipes it.</param>
    /// <param name="salt">Of any length.</param>
    /// <param name="cost">The RFC's N: a power of two over 1. Time and memory are proportional to it.</param>
    /// <param name="blockSize">The RFC's r, at least 1: likewise.</param>
    /// <param name="parallelization">The RFC's p, at least 1: only time is proportional to it, as one follows the other here.</param>
    /// <param name="key">At least a byte.</param>
    /// <exception cref="ArgumentException">A parameter is out of range, or asks for more than <see cref="MemoryBytesMax"/>.</exception>
    public static void DeriveKey(
        ReadOnlySpan<byte> password,
        ReadOnlySpan<byte> salt,
        int cost,
        int blockSize,
        int parallelization,
        Span<byte> key
    )
    {
        Require(cost, blockSize, parallelization);
        var size = BlockBytes * blockSize;
        var blocks = GC.AllocateArray<byte>(parallelization * size, pinned: true);
        // One for each step, one that is worked on, one to work in.
        var memorySize = (nuint)(MemoryBytes(cost, blockSize) + (2L * size));
        var memory = (Vector128<uint>*)NativeMemory.AlignedAlloc(memorySize, (nuint)sizeof(Vector128<uint>));
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(password, salt, blocks, iterations: 1, HashAlgorithmName.SHA256);
            for (var at = 0; at < blocks.Length; at += size)
            {
                Mix(MemoryMarshal.Cast<byte, uint>(blocks.AsSpan(at, size)), memory, cost, 2 * blockSize);
            }
            Rfc2898DeriveBytes.Pbkdf2(password, blocks, key, iterations: 1, HashAlgorithmName.SHA256);
        }
        finally
        {
            NativeMemory.Clear(memory, memorySize);
            NativeMemory.AlignedFree(memory);
            CryptographicOperations.ZeroMemory(blocks);
        }
    }

    private static void Require(int cost, int blockSize, int parallelization)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cost, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelization, 1);
        if (!BitOperations.IsPow2(cost))
        {
            throw new ArgumentException($"The cost {cost} is no power of two.", nameof(cost));
        }
        if (MemoryBytes(cost, blockSize) > MemoryBytesMax || MemoryBytes(parallelization, blockSize) > MemoryBytesMax)
        {
            throw new ArgumentException($"N = {cost}, r = {blockSize} and p = {parallelization} ask for more than {MemoryBytesMax} bytes.");
        }
    }

    /// <summary>The RFC's scryptROMix. Rows of the words' diagonals stand in memory, so that Salsa20 works on whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(Span<uint> words, Vector128<uint>* memory, int cost, int blocks)
    {
        var vectors = VectorsPerBlock * blocks;
        var state = memory + ((long)cost * vectors);
        var next = state + vectors;
        for (var word = 0; word < words.Length; word++)
        {
            ((uint*)memory)[word] = words[Diagonal(word)];
        }
        for (var at = memory; at < state; at += vectors)
        {
            MixBlocks(at, at + vectors, blocks);
        }
        for (var step = 0; step < cost; step++)
        {
            // The first word of the last block, modulo the cost; it is the first of the first row as well.
            var chosen = (int)(((uint*)state)[words.Length - WordsPerBlock] & (uint)(cost - 1));
            var kept = memory + ((long)chosen * vectors);
            for (var vector = 0; vector < vectors; vector++)
            {
                state[vector] ^= kept[vector];
            }
            MixBlocks(state, next, blocks);
            var used = state;
            state = next;
            next = used;
        }
        for (var word = 0; word < words.Length; word++)
        {
            words[Diagonal(word)] = ((uint*)state)[word];
        }
    }

    /// <summary>Where a word of the rows stands in the blocks: row i of a block begins at word 4 i, and goes down and right.</summary>
    private static int Diagonal(int word) => (word & ~(WordsPerBlock - 1)) + (word * 5 % WordsPerBlock);

    /// <summary>The RFC's scryptBlockMix: the even blocks come first, then the odd ones. Optimised from the first call: most processes make
    /// one key, and would make it in code for debugging.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MixBlocks(Vector128<uint>* from, Vector128<uint>* to, int blocks)
    {
        var last = from + (VectorsPerBlock * (blocks - 1));
        var (a, b, c, d) = (last[0], last[1], last[2], last[3]);
        for (var block = 0; block < blocks; block++)
        {
            var given = from + (VectorsPerBlock * block);
            var taken = to + (VectorsPerBlock * ((block / 2) + (block % 2 * (blocks / 2))));
            Salsa20(ref a, ref b, ref c, ref d, given);
            (taken[0], taken[1], taken[2], taken[3]) = (a, b, c, d);
        }
    }

    /// <summary>Adds a block (exclusive or), then Salsa20 with eight rounds: down the columns and along the rows in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Salsa20(
        ref Vector128<uint> a,
        ref Vector128<uint> b,
        ref Vector128<uint> c,
        ref Vector128<uint> d,
        Vector128<uint>* block
    )
    {
        var (a0, b0, c0, d0) = (a ^ block[0], b ^ block[1], c ^ block[2], d ^ block[3]);
        (a, b, c, d) = (a0, b0, c0, d0);
        for (var round = 0; round < 8; round += 2)
        {
            b ^= Rotate(a + d, 7);
            c ^= Rotate(b + a, 9);
            d ^= Rotate(c + b, 13);
            a ^= Rotate(d + c, 18);
            (b, c, d) = (Turn3(b), Turn2(c), Turn1(d));

            d ^= Rotate(a + b, 7);
            c ^= Rotate(d + a, 9);
            b ^= Rotate(c + d, 13);
            a ^= Rotate(b + c, 18);
            (b, c, d) = (Turn1(b), Turn2(c), Turn3(d));
        }
        (a, b, c, d) = (a + a0, b + b0, c + c0, d + d0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotate(Vector128<uint> words, int count) => (words << count) | (words >>> (32 - count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Turn1(Vector128<uint> words) => Vector128.Shuffle(words, Vector128.Create(1u, 2, 3, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Turn2(Vector128<uint> words) => Vector128.Shuffle(words, Vector128.Create(2u, 3, 0, 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Turn3(Vector128<uint> words) => Vector128.Shuffle(words, Vector128.Create(3u, 0, 1, 2));
}
