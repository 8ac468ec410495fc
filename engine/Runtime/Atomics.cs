using System.Runtime.CompilerServices;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// Atomic accesses of a guest's memory, sequentially consistent. Compiled code has checked bounds and alignment. Values of less than
/// 32 bits come and go as int, zero-extended.
/// </summary>
internal static unsafe class Atomics
{
    /// <summary>What a read-modify-write makes of the value that is there and its operand.</summary>
    public interface IUpdate
    {
        static abstract long Apply(long there, long operand);
    }

    public static int Load1(nint address) => Volatile.Read(ref *(byte*)address);

    public static int Load2(nint address) => Volatile.Read(ref *(ushort*)address);

    public static int Load4(nint address) => Volatile.Read(ref *(int*)address);

    public static long Load8(nint address) => Volatile.Read(ref *(long*)address);

    public static void Store1(nint address, int value) => Interlocked.Exchange(ref *(byte*)address, (byte)value);

    public static void Store2(nint address, int value) => Interlocked.Exchange(ref *(ushort*)address, (ushort)value);

    public static void Store4(nint address, int value) => Interlocked.Exchange(ref *(int*)address, value);

    public static void Store8(nint address, long value) => Interlocked.Exchange(ref *(long*)address, value);

    public static int Exchange1(nint address, int value) => Interlocked.Exchange(ref *(byte*)address, (byte)value);

    public static int Exchange2(nint address, int value) => Interlocked.Exchange(ref *(ushort*)address, (ushort)value);

    public static int Exchange4(nint address, int value) => Interlocked.Exchange(ref *(int*)address, value);

    public static long Exchange8(nint address, long value) => Interlocked.Exchange(ref *(long*)address, value);

    // The expected value is cut to the width of the access before it is compared, as the replacement is.
    public static int CompareExchange1(nint address, int expected, int value) =>
        Interlocked.CompareExchange(ref *(byte*)address, (byte)value, (byte)expected);

    public static int CompareExchange2(nint address, int expected, int value) =>
        Interlocked.CompareExchange(ref *(ushort*)address, (ushort)value, (ushort)expected);

    /// <summary>
    /// A call of its own, because the machine-code compiler of .NET 10 takes the instruction's result for zero-extended, while it leaves
    /// the upper half of the expected value where that is found, and the guest would see it after <c>i64.extend_i32_u</c>.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int CompareExchange4(nint address, int expected, int value) =>
        Interlocked.CompareExchange(ref *(int*)address, value, expected);

    public static long CompareExchange8(nint address, long expected, long value) =>
        Interlocked.CompareExchange(ref *(long*)address, value, expected);

    public static int Update1<TUpdate>(nint address, int operand)
        where TUpdate : IUpdate
    {
        while (true)
        {
            var there = Load1(address);
            if (CompareExchange1(address, there, (int)TUpdate.Apply(there, operand)) == there)
            {
                return there;
            }
        }
    }

    public static int Update2<TUpdate>(nint address, int operand)
        where TUpdate : IUpdate
    {
        while (true)
        {
            var there = Load2(address);
            if (CompareExchange2(address, there, (int)TUpdate.Apply(there, operand)) == there)
            {
                return there;
            }
        }
    }

    public static int Update4<TUpdate>(nint address, int operand)
        where TUpdate : IUpdate
    {
        while (true)
        {
            var there = Load4(address);
            if (CompareExchange4(address, there, (int)TUpdate.Apply(there, operand)) == there)
            {
                return there;
            }
        }
    }

    public static long Update8<TUpdate>(nint address, long operand)
        where TUpdate : IUpdate
    {
        while (true)
        {
            var there = Load8(address);
            if (CompareExchange8(address, there, TUpdate.Apply(there, operand)) == there)
            {
                return there;
            }
        }
    }

    public readonly struct Add : IUpdate
    {
        public static long Apply(long there, long operand) => there + operand;
    }

    public readonly struct Sub : IUpdate
    {
        public static long Apply(long there, long operand) => there - operand;
    }

    public readonly struct And : IUpdate
    {
        public static long Apply(long there, long operand) => there & operand;
    }

    public readonly struct Or : IUpdate
    {
        public static long Apply(long there, long operand) => there | operand;
    }

    public readonly struct Xor : IUpdate
    {
        public static long Apply(long there, long operand) => there ^ operand;
    }
}
