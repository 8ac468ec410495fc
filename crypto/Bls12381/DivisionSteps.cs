using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// The inverse modulo p of BLS12-381 by division steps on the lowest bits (<see href="https://eprint.iacr.org/2019/266">Bernstein,
/// Yang</see>), seven times as fast as a power: 53 steps at a time on single words, then their effect on the whole numbers at once. Numbers
/// have seven limbs of 56 bits, of which the highest has the sign. The same steps are made whatever the number is.
/// </summary>
internal static class DivisionSteps
{
    private const int LimbCount = Fp.LimbCount;
    private const int LimbBits = Fp.LimbBits;
    private const ulong Mask = (1UL << LimbBits) - 1;
    private const int StepsPerBatch = LimbBits - 3;

    /// <summary>
    /// 901 steps; <see href="https://github.com/sipa/safegcd-bounds">(45907 b + 26313) / 19929</see>, 879, are enough for numbers of b =
    /// 381 bits.
    /// </summary>
    private const int Batches = 17;

    /// <summary>1/p modulo 2^56.</summary>
    private const ulong PrimeInverse = (1UL << LimbBits) - Fp.NegativeInverse;

    /// <summary>Zero gives zero.</summary>
    /// <param name="value">The limbs of a number below p.</param>
    /// <param name="inverse">Those of its inverse, below p.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Invert(ReadOnlySpan<ulong> value, Span<ulong> inverse)
    {
        Limbs f = default,
            g = default,
            d = default,
            e = default;
        Fp.PrimeLimbs.CopyTo(f);
        value.CopyTo(g);
        e[0] = 1;
        long delta = -1;
        for (var i = 0; i < Batches; i++)
        {
            Step(ref delta, f[0], g[0], out var t);
            UpdateCofactors(ref d, ref e, in t);
            UpdateNumbers(ref f, ref g, in t);
        }
        // f is 1 or -1, and d its quotient by the value, above -2p and below p.
        AddIf((ulong)((long)d[LimbCount - 1] >> 63), ref d);
        NegateIf((ulong)((long)f[LimbCount - 1] >> 63), ref d);
        AddIf((ulong)((long)d[LimbCount - 1] >> 63), ref d);
        ((ReadOnlySpan<ulong>)d).CopyTo(inverse);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes((Span<ulong>)g));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes((Span<ulong>)e));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes((Span<ulong>)d));
    }

    /// <summary>The matrix of the steps that the lowest bits of f and g ask for, times 2^56.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step(ref long delta, ulong f, ulong g, out Matrix t)
    {
        ulong u = 8,
            v = 0,
            q = 0,
            r = 8;
        var zeta = delta;
        for (var i = 0; i < StepsPerBatch; i++)
        {
            var below = (ulong)(zeta >> 63);
            var odd = 0 - (g & 1);
            g += ((f ^ below) - below) & odd;
            q += ((u ^ below) - below) & odd;
            r += ((v ^ below) - below) & odd;
            below &= odd;
            zeta = (zeta ^ (long)below) - 1;
            f += g & below;
            u += q & below;
            v += r & below;
            g >>= 1;
            u <<= 1;
            v <<= 1;
        }
        delta = zeta;
        t = new Matrix((long)u, (long)v, (long)q, (long)r);
    }

    /// <summary>(f, g) = t (f, g) / 2^56, which is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UpdateNumbers(ref Limbs f, ref Limbs g, in Matrix t)
    {
        Sum forF = default,
            forG = default;
        for (var i = 0; i < LimbCount; i++)
        {
            long fi = (long)f[i],
                gi = (long)g[i];
            forF.Add(t.U, fi);
            forF.Add(t.V, gi);
            forG.Add(t.Q, fi);
            forG.Add(t.R, gi);
            ulong lowF = forF.Shift(),
                lowG = forG.Shift();
            if (i > 0)
            {
                f[i - 1] = lowF;
                g[i - 1] = lowG;
            }
        }
        f[LimbCount - 1] = forF.Low;
        g[LimbCount - 1] = forG.Low;
    }

    /// <summary>(d, e) = t (d, e) / 2^56 modulo p: multiples of p clear the lowest limb, and keep both above -2p and below p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UpdateCofactors(ref Limbs d, ref Limbs e, in Matrix t)
    {
        long signD = (long)d[LimbCount - 1] >> 63,
            signE = (long)e[LimbCount - 1] >> 63;
        var multipleD = (t.U & signD) + (t.V & signE);
        var multipleE = (t.Q & signD) + (t.R & signE);
        var low = ((ulong)t.U * d[0]) + ((ulong)t.V * e[0]);
        multipleD -= (long)(((PrimeInverse * low) + (ulong)multipleD) & Mask);
        low = ((ulong)t.Q * d[0]) + ((ulong)t.R * e[0]);
        multipleE -= (long)(((PrimeInverse * low) + (ulong)multipleE) & Mask);
        Sum forD = default,
            forE = default;
        var prime = Fp.PrimeLimbs;
        for (var i = 0; i < LimbCount; i++)
        {
            long di = (long)d[i],
                ei = (long)e[i];
            forD.Add(t.U, di);
            forD.Add(t.V, ei);
            forD.Add(multipleD, (long)prime[i]);
            forE.Add(t.Q, di);
            forE.Add(t.R, ei);
            forE.Add(multipleE, (long)prime[i]);
            ulong lowD = forD.Shift(),
                lowE = forE.Shift();
            if (i > 0)
            {
                d[i - 1] = lowD;
                e[i - 1] = lowE;
            }
        }
        d[LimbCount - 1] = forD.Low;
        e[LimbCount - 1] = forE.Low;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddIf(ulong mask, ref Limbs value)
    {
        var prime = Fp.PrimeLimbs;
        for (var i = 0; i < LimbCount; i++)
        {
            value[i] += mask & prime[i];
        }
        Carry(ref value);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NegateIf(ulong mask, ref Limbs value)
    {
        for (var i = 0; i < LimbCount; i++)
        {
            ref var limb = ref Unsafe.Add(ref value[0], i);
            limb = (limb ^ mask) - mask;
        }
        Carry(ref value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(ref Limbs value)
    {
        for (var i = 0; i < LimbCount - 1; i++)
        {
            ref var limb = ref Unsafe.Add(ref value[0], i);
            Unsafe.Add(ref value[0], i + 1) += (ulong)((long)limb >> LimbBits);
            limb &= Mask;
        }
    }

    private readonly record struct Matrix(long U, long V, long Q, long R);

    /// <summary>A number of 128 bits with a sign.</summary>
    private struct Sum
    {
        private long _high;

        public ulong Low;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(long left, long right)
        {
            var low = (ulong)(left * right);
            var high = Bmi2.X64.IsSupported
                ? Bmi2.X64.MultiplyNoFlags((ulong)left, (ulong)right)
                : Math.BigMul((ulong)left, (ulong)right, out _);
            Low += low;
            _high += (long)high - ((left >> 63) & right) - ((right >> 63) & left) + (Low < low ? 1 : 0);
        }

        /// <summary>Takes the lowest 56 bits away.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ulong Shift()
        {
            var limb = Low & Mask;
            Low = Low >> LimbBits | (ulong)_high << (64 - LimbBits);
            _high >>= LimbBits;
            return limb;
        }
    }

    [InlineArray(LimbCount)]
    private struct Limbs
    {
        private ulong _first;
    }
}
