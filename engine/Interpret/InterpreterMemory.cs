using System.Runtime.CompilerServices;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Interpret;

/// <summary>Loads and stores, each with a check that all of it is inside (core specification, 4.4.7).</summary>
internal static unsafe class InterpreterMemory
{
    public static void Load(in Step step, long* cells, int function, Instance instance) =>
        cells[step.To] = step.Opcode switch
        {
            Opcode.I32Load or Opcode.F32Load or Opcode.I64Load32U => Read<uint>(in step, cells, function, instance),
            Opcode.I64Load or Opcode.F64Load => Read<long>(in step, cells, function, instance),
            Opcode.I32Load8U or Opcode.I64Load8U => Read<byte>(in step, cells, function, instance),
            Opcode.I32Load16U or Opcode.I64Load16U => Read<ushort>(in step, cells, function, instance),
            Opcode.I32Load8S => (uint)Read<sbyte>(in step, cells, function, instance),
            Opcode.I32Load16S => (uint)Read<short>(in step, cells, function, instance),
            Opcode.I64Load8S => Read<sbyte>(in step, cells, function, instance),
            Opcode.I64Load16S => Read<short>(in step, cells, function, instance),
            _ => Read<int>(in step, cells, function, instance),
        };

    public static void Store(in Step step, long* cells, int function, Instance instance)
    {
        var value = cells[step.Second];
        switch (step.Opcode)
        {
            case Opcode.I32Store or Opcode.F32Store or Opcode.I64Store32:
                Write(in step, cells, (int)value, function, instance);
                break;
            case Opcode.I64Store or Opcode.F64Store:
                Write(in step, cells, value, function, instance);
                break;
            case Opcode.I32Store8 or Opcode.I64Store8:
                Write(in step, cells, (byte)value, function, instance);
                break;
            default:
                Write(in step, cells, (short)value, function, instance);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Read<T>(in Step step, long* cells, int function, Instance instance)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(At<T>(in step, cells, function, instance));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<T>(in Step step, long* cells, T value, int function, Instance instance)
        where T : unmanaged => Unsafe.WriteUnaligned(At<T>(in step, cells, function, instance), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* At<T>(in Step step, long* cells, int function, Instance instance)
        where T : unmanaged
    {
        var memory = instance.Memory0!;
        var address = (uint)cells[step.First] + (ulong)step.Bits;
        if (address + (ulong)sizeof(T) > (ulong)memory.Length)
        {
            throw GuestCode.MakeTrap(TrapKind.OutOfBoundsMemoryAccess, function, instance);
        }

        return memory.Base + address;
    }
}
