namespace Marketplace.Engine.Decode;

/// <summary>Vector instructions (core specification, 5.4.8).</summary>
internal static partial class OpcodeTable
{
    private static void VectorMemory()
    {
        Load(WasmType.V128, (Opcode.V128Load, 16), (Opcode.V128Load8Splat, 1), (Opcode.V128Load16Splat, 2));
        Load(WasmType.V128, (Opcode.V128Load32Splat, 4), (Opcode.V128Load32Zero, 4));
        Load(WasmType.V128, (Opcode.V128Load64Splat, 8), (Opcode.V128Load64Zero, 8));
        Load(WasmType.V128, (Opcode.V128Load8x8S, 8), (Opcode.V128Load8x8U, 8), (Opcode.V128Load16x4S, 8));
        Load(WasmType.V128, (Opcode.V128Load16x4U, 8), (Opcode.V128Load32x2S, 8), (Opcode.V128Load32x2U, 8));
        Store(WasmType.V128, (Opcode.V128Store, 16));
        MemoryLane(1, Opcode.V128Load8Lane, Opcode.V128Store8Lane);
        MemoryLane(2, Opcode.V128Load16Lane, Opcode.V128Store16Lane);
        MemoryLane(4, Opcode.V128Load32Lane, Opcode.V128Store32Lane);
        MemoryLane(8, Opcode.V128Load64Lane, Opcode.V128Store64Lane);
    }

    private static void VectorLanes()
    {
        Add(Immediate.V128, Opcode.V128Const, new Signature([], WasmType.V128, 0));
        Add(Immediate.Lanes, Opcode.I8x16Shuffle, new Signature([WasmType.V128, WasmType.V128], WasmType.V128, 0, Lanes: 32));
        Unary(WasmType.I32, WasmType.V128, Opcode.I8x16Splat, Opcode.I32x4Splat);
        Unary(WasmType.I64, WasmType.V128, Opcode.I64x2Splat, Opcode.I64x2Splat);
        Unary(WasmType.F32, WasmType.V128, Opcode.F32x4Splat, Opcode.F32x4Splat);
        Unary(WasmType.F64, WasmType.V128, Opcode.F64x2Splat, Opcode.F64x2Splat);
        Lane(16, WasmType.I32, Opcode.I8x16ReplaceLane, Opcode.I8x16ExtractLaneS, Opcode.I8x16ExtractLaneU);
        Lane(8, WasmType.I32, Opcode.I16x8ReplaceLane, Opcode.I16x8ExtractLaneS, Opcode.I16x8ExtractLaneU);
        Lane(4, WasmType.I32, Opcode.I32x4ReplaceLane, Opcode.I32x4ExtractLane);
        Lane(2, WasmType.I64, Opcode.I64x2ReplaceLane, Opcode.I64x2ExtractLane);
        Lane(4, WasmType.F32, Opcode.F32x4ReplaceLane, Opcode.F32x4ExtractLane);
        Lane(2, WasmType.F64, Opcode.F64x2ReplaceLane, Opcode.F64x2ExtractLane);
    }

    private static void VectorNumeric()
    {
        Vectors(2, Opcode.I8x16Swizzle, Opcode.I8x16Swizzle);
        Vectors(2, Opcode.I8x16Eq, Opcode.F64x2Ge);
        Vectors(2, Opcode.I64x2Eq, Opcode.I64x2GeS);
        Vectors(1, Opcode.V128Not, Opcode.V128Not);
        Vectors(2, Opcode.V128And, Opcode.V128Xor);
        Vectors(3, Opcode.V128Bitselect, Opcode.V128Bitselect);
        Unary(WasmType.V128, WasmType.I32, Opcode.V128AnyTrue, Opcode.V128AnyTrue);
        VectorIntegers();
        VectorFloats();
    }

    private static void VectorIntegers()
    {
        // Each lane size has its block of 32 opcodes, laid out alike; what a size lacks is not in its block.
        foreach (var abs in (Opcode[])[Opcode.I8x16Abs, Opcode.I16x8Abs, Opcode.I32x4Abs, Opcode.I64x2Abs])
        {
            Vectors(1, abs, abs + 1);
            Unary(WasmType.V128, WasmType.I32, abs + 3, abs + 4);
            Range([WasmType.V128, WasmType.I32], WasmType.V128, abs + 0x0B, abs + 0x0D);
            Vectors(2, abs + 0x0E, abs + 0x0E);
            Vectors(2, abs + 0x11, abs + 0x11);
        }

        Vectors(1, Opcode.I8x16Popcnt, Opcode.I8x16Popcnt);
        Vectors(2, Opcode.I8x16NarrowI16x8S, Opcode.I8x16NarrowI16x8U);
        Vectors(2, Opcode.I8x16AddSatS, Opcode.I8x16SubSatU);
        Vectors(2, Opcode.I8x16MinS, Opcode.I8x16MaxU);
        Vectors(2, Opcode.I8x16AvgrU, Opcode.I8x16AvgrU);
        Vectors(1, Opcode.I16x8ExtaddPairwiseI8x16S, Opcode.I32x4ExtaddPairwiseI16x8U);
        Vectors(2, Opcode.I16x8Q15mulrSatS, Opcode.I16x8Q15mulrSatS);
        Vectors(2, Opcode.I16x8NarrowI32x4S, Opcode.I16x8NarrowI32x4U);
        Vectors(1, Opcode.I16x8ExtendLowI8x16S, Opcode.I16x8ExtendHighI8x16U);
        Vectors(2, Opcode.I16x8AddSatS, Opcode.I16x8SubSatU);
        Vectors(2, Opcode.I16x8Mul, Opcode.I16x8MaxU);
        Vectors(2, Opcode.I16x8AvgrU, Opcode.I16x8ExtmulHighI8x16U);
        Vectors(1, Opcode.I32x4ExtendLowI16x8S, Opcode.I32x4ExtendHighI16x8U);
        Vectors(2, Opcode.I32x4Mul, Opcode.I32x4DotI16x8S);
        Vectors(2, Opcode.I32x4ExtmulLowI16x8S, Opcode.I32x4ExtmulHighI16x8U);
        Vectors(1, Opcode.I64x2ExtendLowI32x4S, Opcode.I64x2ExtendHighI32x4U);
        Vectors(2, Opcode.I64x2Mul, Opcode.I64x2Mul);
        Vectors(2, Opcode.I64x2ExtmulLowI32x4S, Opcode.I64x2ExtmulHighI32x4U);
    }

    private static void VectorFloats()
    {
        Vectors(1, Opcode.F32x4DemoteF64x2Zero, Opcode.F64x2PromoteLowF32x4);
        Vectors(1, Opcode.F32x4Ceil, Opcode.F32x4Nearest);
        Vectors(1, Opcode.F64x2Ceil, Opcode.F64x2Floor);
        Vectors(1, Opcode.F64x2Trunc, Opcode.F64x2Trunc);
        Vectors(1, Opcode.F64x2Nearest, Opcode.F64x2Nearest);
        Vectors(1, Opcode.F32x4Abs, Opcode.F32x4Neg);
        Vectors(1, Opcode.F32x4Sqrt, Opcode.F32x4Sqrt);
        Vectors(2, Opcode.F32x4Add, Opcode.F32x4Pmax);
        Vectors(1, Opcode.F64x2Abs, Opcode.F64x2Neg);
        Vectors(1, Opcode.F64x2Sqrt, Opcode.F64x2Sqrt);
        Vectors(2, Opcode.F64x2Add, Opcode.F64x2Pmax);
        Vectors(1, Opcode.I32x4TruncSatF32x4S, Opcode.F64x2ConvertLowI32x4U);
    }

    /// <summary>From vectors to a vector.</summary>
    private static void Vectors(int operands, Opcode first, Opcode last) =>
        Range([.. Enumerable.Repeat(WasmType.V128, operands)], WasmType.V128, first, last);

    private static void Lane(int lanes, WasmType scalar, Opcode replace, params ReadOnlySpan<Opcode> extracts)
    {
        Add(Immediate.Lane, replace, new Signature([WasmType.V128, scalar], WasmType.V128, 0, lanes));
        foreach (var extract in extracts)
        {
            Add(Immediate.Lane, extract, new Signature([WasmType.V128], scalar, 0, lanes));
        }
    }

    private static void MemoryLane(int bytes, Opcode load, Opcode store)
    {
        Add(Immediate.MemoryAndLane, load, new Signature([WasmType.I32, WasmType.V128], WasmType.V128, bytes, 16 / bytes));
        Add(Immediate.MemoryAndLane, store, new Signature([WasmType.I32, WasmType.V128], null, bytes, 16 / bytes));
    }

    private static void Add(Immediate immediate, Opcode opcode, Signature signature)
    {
        Set(immediate, opcode);
        Signatures[Slot(opcode)] = signature;
    }
}
