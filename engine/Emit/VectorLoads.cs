using System.Reflection;
using System.Reflection.Emit;
using Marketplace.Engine.Decode;
using Api = System.Runtime.Intrinsics.Vector128;

namespace Marketplace.Engine.Emit;

/// <summary>How vector instructions reach memory and single lanes.</summary>
internal static class VectorLoads
{
    private static readonly LaneAccess[] Lanes =
    [
        new(VectorLane.SByte, typeof(sbyte), 1, OpCodes.Ldind_I1, OpCodes.Stind_I1),
        new(VectorLane.Byte, typeof(byte), 1, OpCodes.Ldind_U1, OpCodes.Stind_I1),
        new(VectorLane.Int16, typeof(short), 2, OpCodes.Ldind_I2, OpCodes.Stind_I2),
        new(VectorLane.UInt16, typeof(ushort), 2, OpCodes.Ldind_U2, OpCodes.Stind_I2),
        new(VectorLane.Int32, typeof(int), 4, OpCodes.Ldind_I4, OpCodes.Stind_I4),
        new(VectorLane.Int64, typeof(long), 8, OpCodes.Ldind_I8, OpCodes.Stind_I8),
        new(VectorLane.Single, typeof(float), 4, OpCodes.Ldind_R4, OpCodes.Stind_R4),
        new(VectorLane.Double, typeof(double), 8, OpCodes.Ldind_R8, OpCodes.Stind_R8),
    ];

    private static readonly Dictionary<Opcode, VectorLoad> Loads = new()
    {
        [Opcode.V128Load8x8S] = Widening(typeof(sbyte)),
        [Opcode.V128Load8x8U] = Widening(typeof(byte)),
        [Opcode.V128Load16x4S] = Widening(typeof(short)),
        [Opcode.V128Load16x4U] = Widening(typeof(ushort)),
        [Opcode.V128Load32x2S] = Widening(typeof(int)),
        [Opcode.V128Load32x2U] = Widening(typeof(uint)),
        [Opcode.V128Load8Splat] = new(1, OpCodes.Ldind_U1, VectorCode.Method(nameof(Api.Create), typeof(byte))),
        [Opcode.V128Load16Splat] = new(2, OpCodes.Ldind_U2, VectorCode.Method(nameof(Api.Create), typeof(ushort))),
        [Opcode.V128Load32Splat] = new(4, OpCodes.Ldind_I4, VectorCode.Method(nameof(Api.Create), typeof(int))),
        [Opcode.V128Load64Splat] = new(8, OpCodes.Ldind_I8, VectorCode.Method(nameof(Api.Create), typeof(long))),
        [Opcode.V128Load32Zero] = new(4, OpCodes.Ldind_I4, VectorCode.Method(nameof(Api.CreateScalar), typeof(int))),
        [Opcode.V128Load64Zero] = new(8, OpCodes.Ldind_I8, VectorCode.Method(nameof(Api.CreateScalar), typeof(long))),
    };

    /// <summary>Of the instructions that load less than a whole vector.</summary>
    public static VectorLoad Of(Opcode opcode) => Loads[opcode];

    /// <summary>Of the instructions that name a lane.</summary>
    public static LaneAccess LaneOf(Opcode opcode)
    {
        var lane = opcode switch
        {
            Opcode.I8x16ExtractLaneS or Opcode.I8x16ReplaceLane => VectorLane.SByte,
            Opcode.I8x16ExtractLaneU or Opcode.V128Load8Lane or Opcode.V128Store8Lane => VectorLane.Byte,
            Opcode.I16x8ExtractLaneS or Opcode.I16x8ReplaceLane => VectorLane.Int16,
            Opcode.I16x8ExtractLaneU or Opcode.V128Load16Lane or Opcode.V128Store16Lane => VectorLane.UInt16,
            Opcode.I32x4ExtractLane or Opcode.I32x4ReplaceLane or Opcode.V128Load32Lane or Opcode.V128Store32Lane => VectorLane.Int32,
            Opcode.I64x2ExtractLane or Opcode.I64x2ReplaceLane or Opcode.V128Load64Lane or Opcode.V128Store64Lane => VectorLane.Int64,
            Opcode.F32x4ExtractLane or Opcode.F32x4ReplaceLane => VectorLane.Single,
            _ => VectorLane.Double,
        };
        return Lanes.Single(access => access.Lane == lane);
    }

    /// <summary>Eight bytes, each lane of which becomes twice as wide.</summary>
    private static VectorLoad Widening(Type element)
    {
        var vector = VectorLanes.VectorOf(element);
        return new VectorLoad(
            8,
            OpCodes.Ldind_I8,
            VectorCode.Method(nameof(Api.CreateScalar), typeof(long)),
            VectorLanes.Conversion(VectorLane.Int64, VectorLanes.LaneOf(vector)),
            VectorCode.Method(nameof(Api.WidenLower), vector)
        );
    }
}

/// <summary>A load with what makes a vector of the loaded number.</summary>
internal sealed class VectorLoad(int bytes, OpCode load, params MethodInfo[] calls)
{
    public int Bytes { get; } = bytes;

    public OpCode Load { get; } = load;

    public MethodInfo[] Calls { get; } = calls;
}

/// <summary>One lane of a vector, and its load and store.</summary>
internal sealed class LaneAccess(VectorLane lane, Type element, int bytes, OpCode load, OpCode store)
{
    public VectorLane Lane { get; } = lane;

    public int Bytes { get; } = bytes;

    public OpCode Load { get; } = load;

    public OpCode Store { get; } = store;

    public MethodInfo GetElement { get; } = VectorCode.Method(nameof(Api.GetElement), VectorLanes.VectorOf(element), typeof(int));

    public MethodInfo WithElement { get; } =
        VectorCode.Method(nameof(Api.WithElement), VectorLanes.VectorOf(element), typeof(int), element);
}
