using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>
/// A NaN that arithmetic makes in a lane is canonical wherever its bits can be seen; lanes that are only moved keep theirs.
/// </summary>
public sealed class VectorNaNTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const long Canonical64 = 0x7FF8_0000_0000_0000;
    private const int Canonical32 = 0x7FC0_0000;
    private const long Odd64 = unchecked((long)0xFFF4_0000_0000_1234);
    private const int Odd32 = unchecked((int)0xFFA0_1234);

    private static readonly WasmType[] V128 = [WasmType.V128];
    private static readonly WasmType[] TwoV128 = [WasmType.V128, WasmType.V128];

    public static TheoryData<string> Ways() =>
        ["result", "local", "odd local", "memory", "lane", "global", "call", "block", "branch", "select", "loop", "bits", "negated twice"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task NaNOfAnF32Lane_IsCanonical(string way)
    {
        var operand = Lanes(1, Odd32, BitConverter.SingleToInt32Bits(float.PositiveInfinity), 0);
        var other = Lanes(2, 3, BitConverter.SingleToInt32Bits(float.NegativeInfinity), 0);
        var expected = Lanes(3, Canonical32, Canonical32, 0);
        Assert.Equal([expected], (await Run(Module(way, Opcode.F32x4Add), Limits(), operand, other)).Results);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task NaNOfAnF64Lane_IsCanonical(string way)
    {
        var operand = Value.FromV128(Odd64, BitConverter.DoubleToInt64Bits(2.5));
        var other = Value.FromV128(BitConverter.DoubleToInt64Bits(1), BitConverter.DoubleToInt64Bits(-0.25));
        var expected = Value.FromV128(Canonical64, BitConverter.DoubleToInt64Bits(2.25));
        Assert.Equal([expected], (await Run(Module(way, Opcode.F64x2Add), Limits(), operand, other)).Results);
    }

    [Theory]
    [InlineData(Opcode.F32x4Pmin)]
    [InlineData(Opcode.F32x4Pmax)]
    [InlineData(Opcode.F64x2Pmin)]
    [InlineData(Opcode.F64x2Pmax)]
    internal async Task PseudoMinimum_GivesItsFirstOperandWhereOneIsNaN(Opcode opcode)
    {
        // Read as f64 the low words do not matter.
        var nan = Lanes(Odd32, (int)(Odd64 >> 32), Odd32, (int)(Odd64 >> 32));
        var number = Lanes(5, 6, 7, 8);
        var module = new TestModule();
        module.Function(module.Type(TwoV128, V128), "run", new Code().LocalGet(0).LocalGet(1).Op(opcode));
        Assert.Equal([nan], (await Run(module, Limits(), nan, number)).Results);
        Assert.Equal([number], (await Run(module, Limits(), number, nan)).Results);
    }

    [Theory]
    [InlineData(Opcode.F32x4Min)]
    [InlineData(Opcode.F32x4Max)]
    internal async Task MinimumWithAConstantThatHasANaNInOneLane_IsNaNThere(Opcode opcode)
    {
        // The machine-code compiler treats constants apart, so a parameter would not show it.
        var number = BitConverter.SingleToInt32Bits(0.5f);
        var nan = Lanes(number, Odd32, number, number);
        var module = new TestModule();
        module.Function(
            module.Type(V128, TwoV128),
            "run",
            new Code().LocalGet(0).V128Const(nan.Bits, nan.HighBits).Op(opcode).V128Const(nan.Bits, nan.HighBits).LocalGet(0).Op(opcode)
        );
        var expected = Lanes(number, Canonical32, number, number);
        Assert.Equal([expected, expected], (await Run(module, Limits(), Lanes(number, number, number, number))).Results);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task SelectOfAMovedNaNAndASum_KeepsTheBitsOfTheMovedOne(int condition)
    {
        var moved = Value.FromBits(WasmType.F64, Odd64);
        var module = new TestModule();
        module.Function(
            module.Type([WasmType.F64, WasmType.I32], [WasmType.F64]),
            "run",
            new Code().LocalGet(0).LocalGet(0).F64Const(1).Op(Opcode.F64Add).LocalGet(1).Select()
        );
        var expected = condition == 1 ? moved : Value.FromBits(WasmType.F64, Canonical64);
        Assert.Equal([expected], (await Run(module, Limits(), moved, Value.FromI32(condition))).Results);
    }

    [Fact]
    public async Task NegatedSum_IsTheCanonicalNaNWithItsSignChanged()
    {
        var module = new TestModule();
        module.Function(
            module.Type(V128, [WasmType.V128, WasmType.F32]),
            "run",
            new Code()
                .LocalGet(0)
                .LocalGet(0)
                .Op(Opcode.F32x4Mul)
                .Op(Opcode.F32x4Neg)
                .LocalGet(0)
                .Op(Opcode.F32x4ExtractLane)
                .Raw(3)
                .F32Const(1)
                .Op(Opcode.F32Mul)
                .Op(Opcode.F32Neg)
        );
        var negative = Canonical32 | int.MinValue;
        var results = (await Run(module, Limits(), Lanes(Odd32, Odd32, Odd32, Odd32))).Results;
        Assert.Equal([Lanes(negative, negative, negative, negative), Value.FromBits(WasmType.F32, negative)], results);
    }

    [Fact]
    public async Task LanesOfTheOtherSize_AreNotTakenForNaNs()
    {
        // The lower word of this f64, which is a number, is a NaN as f32.
        const long number = 0x3FF0_0000_7FC1_2345;
        var module = new TestModule();
        module.Function(
            module.Type(TwoV128, TwoV128),
            "run",
            new Code().LocalGet(0).LocalGet(1).Op(Opcode.F32x4Add).LocalSet(2).LocalGet(2).LocalGet(0).LocalGet(1).Op(Opcode.F64x2Add),
            (1, WasmType.V128)
        );
        var results = (await Run(module, Limits(), Value.FromV128(number, number), Value.FromV128(0, 0))).Results;
        var canonical = (number & ~0xFFFF_FFFFL) | Canonical32;
        Assert.Equal([Value.FromV128(canonical, canonical), Value.FromV128(number, number)], results);
    }

    private static Value Lanes(int lane0, int lane1, int lane2, int lane3) =>
        Value.FromV128((uint)lane0 | ((long)lane1 << 32), (uint)lane2 | ((long)lane3 << 32));

    /// <summary>The sum of the two parameters, seen in one of many ways.</summary>
    private static TestModule Module(string way, Opcode add)
    {
        var module = new TestModule().Memory(1).Global(WasmType.V128, true, new Code().V128Const(0, 0));
        var run = module.Type(TwoV128, V128);
        var identity = module.Type(V128, V128);
        var neg = add == Opcode.F32x4Add ? Opcode.F32x4Neg : Opcode.F64x2Neg;
        var sum = new Code().LocalGet(0).LocalGet(1).Op(add);
        var bytes = sum.ToArray();
        var code = way switch
        {
            "result" => sum,
            "local" => new Code().V128Const(0, 0).LocalSet(2).Raw(bytes).LocalSet(2).LocalGet(2),
            "odd local" => new Code().LocalGet(0).LocalSet(2).Raw(bytes).LocalSet(2).LocalGet(2),
            "memory" => new Code().I32Const(8).Raw(bytes).Op(Opcode.V128Store).Raw(0, 0).I32Const(8).Op(Opcode.V128Load).Raw(0, 0),
            "lane" => new Code()
                .I32Const(8)
                .Raw(bytes)
                .LocalTee(2)
                .Op(Opcode.V128Store64Lane)
                .Raw(0, 0, 0)
                .I32Const(16)
                .LocalGet(2)
                .Op(Opcode.V128Store64Lane)
                .Raw(0, 0, 1)
                .I32Const(8)
                .Op(Opcode.V128Load)
                .Raw(0, 0),
            "global" => sum.GlobalSet(0).GlobalGet(0),
            "call" => sum.Call(1),
            "block" => new Code().Block(0x7B).Raw(bytes).End(),
            "branch" => new Code().Block(0x7B).Raw(bytes).Br(0).End(),
            "select" => sum.V128Const(-1, -1).I32Const(1).Select(),
            "loop" => new Code()
                .I32Const(3)
                .LocalSet(3)
                .Loop()
                .LocalGet(0)
                .LocalGet(1)
                .Op(add)
                .LocalSet(2)
                .LocalGet(3)
                .I32Const(1)
                .I32Sub()
                .LocalTee(3)
                .BrIf(0)
                .End()
                .LocalGet(2),
            "bits" => sum.V128Const(0, 0).Op(Opcode.V128Or),
            "negated twice" => sum.Op(neg).Op(neg),
            _ => throw new ArgumentException(way, nameof(way)),
        };
        module.Function(run, "run", code, (1, WasmType.V128), (1, WasmType.I32));
        module.Function(identity, null, new Code().LocalGet(0));
        return module;
    }
}
