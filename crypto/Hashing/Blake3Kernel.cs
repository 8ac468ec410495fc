using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Crypto;

/// <summary>Hashes as many equally long inputs at once as a vector has lanes: whole chunks, or parents.</summary>
internal static unsafe class Blake3Kernel<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
{
    private const int CacheLine = 64;

    /// <summary>
    /// The input of lane i starts at <paramref name="input"/> + i * <paramref name="stride"/> and has whole blocks.
    /// <paramref name="counterStep"/> is 1 where lane i has the counter of lane 0 plus i (chunks), 0 where all have the same (parents).
    /// </summary>
    [SkipLocalsInit]
    public static void Hash(
        byte* input,
        nuint stride,
        int blocks,
        in ChainingValue key,
        ulong counter,
        uint counterStep,
        uint flags,
        uint firstFlags,
        uint lastFlags,
        byte* output
    )
    {
        // Vectors that straddle cache lines would cost a second access in every step, and a stack slot is aligned to 16 only.
        var room = stackalloc byte[16 * sizeof(TVector) + CacheLine];
        var message = (TVector*)(((nuint)room + CacheLine - 1) & ~(nuint)(CacheLine - 1));
        var value = stackalloc TVector[8];
        for (var i = 0; i < 8; i++)
        {
            value[i] = TLanes.All(Unsafe.Add(ref Unsafe.As<ChainingValue, uint>(ref Unsafe.AsRef(in key)), i));
        }

        uint* low = stackalloc uint[16],
            high = stackalloc uint[16];
        for (var lane = 0; lane < TLanes.Count; lane++)
        {
            var own = counter + (ulong)lane * counterStep;
            (low[lane], high[lane]) = ((uint)own, (uint)(own >> 32));
        }

        for (var block = 0; block < blocks; block++)
        {
            if (Sse.IsSupported && blocks > 1)
            {
                FetchAhead(input + (nuint)TLanes.Count * (stride + (nuint)block * CacheLine));
            }
            TLanes.LoadBlocks(input + block * Blake3Words.BlockSize, stride, message);
            var blockFlags = flags | (block == 0 ? firstFlags : 0) | (block == blocks - 1 ? lastFlags : 0);
            Compress(value, message, TLanes.Load(low), TLanes.Load(high), blockFlags);
        }
        TLanes.StoreChainingValues(value, output);
    }

    /// <summary>
    /// Asks for the next pass's input while this one is computed, a part with every block: the processor does not foresee an access
    /// pattern of as many streams as there are lanes. Harmless where the input ends, for a prefetch never faults.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchAhead(byte* next)
    {
        for (var line = 0; line < TLanes.Count; line++)
        {
            Sse.Prefetch0(next + line * CacheLine);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Compress(TVector* value, TVector* message, TVector counterLow, TVector counterHigh, uint flags)
    {
        TVector v0 = value[0],
            v1 = value[1],
            v2 = value[2],
            v3 = value[3],
            v4 = value[4],
            v5 = value[5],
            v6 = value[6],
            v7 = value[7];
        TVector v8 = TLanes.All(Blake3Words.Iv0),
            v9 = TLanes.All(Blake3Words.Iv1),
            v10 = TLanes.All(Blake3Words.Iv2);
        TVector v11 = TLanes.All(Blake3Words.Iv3),
            v12 = counterLow,
            v13 = counterHigh;
        TVector v14 = TLanes.All(Blake3Words.BlockSize),
            v15 = TLanes.All(flags);

        var s = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Blake3Words.Schedule));
        for (var end = s + Blake3Words.Rounds * 16; s < end; s += 16)
        {
            Mix(ref v0, ref v4, ref v8, ref v12, message + s[0], message + s[1]);
            Mix(ref v1, ref v5, ref v9, ref v13, message + s[2], message + s[3]);
            Mix(ref v2, ref v6, ref v10, ref v14, message + s[4], message + s[5]);
            Mix(ref v3, ref v7, ref v11, ref v15, message + s[6], message + s[7]);
            Mix(ref v0, ref v5, ref v10, ref v15, message + s[8], message + s[9]);
            Mix(ref v1, ref v6, ref v11, ref v12, message + s[10], message + s[11]);
            Mix(ref v2, ref v7, ref v8, ref v13, message + s[12], message + s[13]);
            Mix(ref v3, ref v4, ref v9, ref v14, message + s[14], message + s[15]);
        }
        (value[0], value[1], value[2], value[3]) = (TLanes.Xor(v0, v8), TLanes.Xor(v1, v9), TLanes.Xor(v2, v10), TLanes.Xor(v3, v11));
        (value[4], value[5], value[6], value[7]) = (TLanes.Xor(v4, v12), TLanes.Xor(v5, v13), TLanes.Xor(v6, v14), TLanes.Xor(v7, v15));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref TVector a, ref TVector b, ref TVector c, ref TVector d, TVector* x, TVector* y)
    {
        a = TLanes.Add(TLanes.Add(a, *x), b);
        d = TLanes.RotateRight16(TLanes.Xor(d, a));
        c = TLanes.Add(c, d);
        b = TLanes.RotateRight12(TLanes.Xor(b, c));
        a = TLanes.Add(TLanes.Add(a, *y), b);
        d = TLanes.RotateRight8(TLanes.Xor(d, a));
        c = TLanes.Add(c, d);
        b = TLanes.RotateRight7(TLanes.Xor(b, c));
    }
}
