using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;
using Marketplace.Reference.Numerics;

namespace Marketplace.Engine.Tests;

/// <summary>NaNs that arithmetic makes have one form wherever their bits can be seen; others keep the guest's bits.</summary>
public sealed class DeterminismTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const long Canonical64 = 0x7FF8_0000_0000_0000;
    private const long Signalling64 = unchecked((long)0xFFF4_0000_0000_1234);

    private static readonly WasmType[] TwoF64 = [WasmType.F64, WasmType.F64];
    private static readonly WasmType[] F64 = [WasmType.F64];
    private static readonly WasmType[] I64 = [WasmType.I64];

    /// <summary>Each way out of a function's arithmetic: code behind <c>f64.add</c> that gives the sum's bits.</summary>
    public static TheoryData<string> Ways() =>
        ["reinterpret", "local", "memory", "global", "call", "block", "branch", "select", "sum", "mixed"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task NaNOfAnAddition_IsCanonical(string way)
    {
        var results = await Run(Module(way), Limits(), Value.FromBits(WasmType.F64, Signalling64), Value.FromF64(1));
        Assert.Equal([Value.FromI64(Canonical64)], results.Results);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Number_IsUnchanged(string way)
    {
        var results = await Run(Module(way), Limits(), Value.FromF64(2.5), Value.FromF64(-0.25));
        Assert.Equal([Value.FromI64(BitConverter.DoubleToInt64Bits(2.25))], results.Results);
    }

    [Fact]
    public async Task NaNThatIsOnlyMoved_KeepsItsBits()
    {
        var module = new TestModule().Memory(1);
        module.Function(
            module.Type(F64, F64),
            "run",
            new Code().I32Const(8).LocalGet(0).Raw(0x39, 0, 0).I32Const(8).Raw(0x2B, 0, 0).LocalSet(1).LocalGet(1),
            (1, WasmType.F64)
        );
        var nan = Value.FromBits(WasmType.F64, Signalling64);
        Assert.Equal([nan], (await Run(module, Limits(), nan)).Results);
    }

    [Fact]
    public async Task SignOfANaN_IsWhatCopysignAndNegSay()
    {
        var module = new TestModule();
        module.Function(module.Type(TwoF64, I64), "run", new Code().LocalGet(0).LocalGet(1).Raw(0xA3).F64Const(-1).Raw(0xA6).Raw(0xBD));
        var results = await Run(module, Limits(), Value.FromF64(0), Value.FromF64(0));
        Assert.Equal([Value.FromI64(Canonical64 | long.MinValue)], results.Results);
    }

    /// <summary>Zeros of both signs, NaNs and numbers; also constants, of which the machine-code compiler knows more.</summary>
    [Theory]
    [InlineData(0xA4)]
    [InlineData(0xA5)]
    public async Task MinimumAndMaximum_AreThoseOfTheInterpreter_WithConstantsToo(byte opcode)
    {
        double[] numbers = [0.0, -0.0, 1.5, -1.5, double.PositiveInfinity, double.NegativeInfinity, double.NaN];
        var expected = NumericTable.Default.Binary((Opcode)opcode)!;
        foreach (var first in numbers)
        {
            foreach (var second in numbers)
            {
                var module = new TestModule();
                module.Function(
                    module.Type(F64, TwoF64),
                    "run",
                    new Code().F64Const(first).LocalGet(0).Raw(opcode).F64Const(first).F64Const(second).Raw(opcode)
                );
                var bits = expected(BitConverter.DoubleToUInt64Bits(first), BitConverter.DoubleToUInt64Bits(second));
                var result = Value.FromBits(WasmType.F64, (long)(ulong)bits);
                Assert.Equal([result, result], (await Run(module, Limits(), Value.FromF64(second))).Results);
            }
        }
    }

    private static TestModule Module(string way)
    {
        var module = new TestModule().Memory(1).Global(WasmType.F64, true, new Code().F64Const(0));
        var run = module.Type(TwoF64, I64);
        var identity = module.Type(F64, F64);
        var sum = new Code().LocalGet(0).LocalGet(1).Raw(0xA0);
        var reinterpret = new Code().Raw(0xBD).ToArray();
        var code = way switch
        {
            "reinterpret" => sum.Raw(reinterpret),
            "local" => sum.LocalSet(0).LocalGet(0).Raw(reinterpret),
            "memory" => new Code().I32Const(8).Raw(sum.ToArray()).Raw(0x39, 0, 0).I32Const(8).I64Load(),
            "global" => sum.GlobalSet(0).GlobalGet(0).Raw(reinterpret),
            "call" => sum.Call(1).Raw(reinterpret),
            "block" => new Code().Block(0x7C).Raw(sum.ToArray()).End().Raw(reinterpret),
            "branch" => new Code().Block(0x7C).Raw(sum.ToArray()).Br(0).End().Raw(reinterpret),
            "sum" => new Code().F64Const(0).LocalSet(2).Raw(sum.ToArray()).LocalSet(2).LocalGet(2).Raw(reinterpret),
            "mixed" => new Code().LocalGet(0).LocalSet(2).Raw(sum.ToArray()).LocalSet(2).LocalGet(2).Raw(reinterpret),
            "select" => sum.F64Const(1).I32Const(1).Select().Raw(reinterpret),
            _ => throw new ArgumentException(way, nameof(way)),
        };
        module.Function(run, "run", code, (1, WasmType.F64));
        module.Function(identity, null, new Code().LocalGet(0));
        return module;
    }
}
