using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>Vectors go wherever other values go: through calls, blocks, globals and the host.</summary>
public sealed class VectorTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] V128 = [WasmType.V128];
    private static readonly WasmType[] Mixed = [WasmType.V128, WasmType.I32, WasmType.V128, WasmType.F64];
    private static readonly Value One = Value.FromV128(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908);
    private static readonly Value Other = Value.FromV128(-1, 0x7766_5544_3322_1100);

    [Fact]
    public async Task Vectors_PassThroughTheHostWithOtherValues()
    {
        var module = new TestModule();
        var type = module.Type(Mixed, Mixed);
        var host = module.ImportFunction("host", "swap", type);
        module.Function(type, "run", new Code().LocalGet(0).LocalGet(1).LocalGet(2).LocalGet(3).Call(host));
        var swap = HostFunction.Create(
            new FunctionType([.. Mixed], [.. Mixed]),
            (_, arguments, results) =>
            {
                (results[0], results[1], results[2], results[3]) = (arguments[2], arguments[1], arguments[0], arguments[3]);
            }
        );
        var compiled = module.Compile();
        var imports = new Imports().Add("host", "swap", swap);
        var run = new Run(Limits(), TimeProvider.System);
        var results = await OnGuestThread(() => Execute(compiled, imports, run, One, Value.FromI32(-7), Other, Value.FromF64(0.5)).Results);
        Assert.Equal([Other, Value.FromI32(-7), One, Value.FromF64(0.5)], results);
    }

    [Fact]
    public async Task Global_IsSharedWithTheHost()
    {
        var module = new TestModule().Global(WasmType.V128, true, new Code().V128Const(One.Bits, One.HighBits)).Export("global", 3, 0);
        module.Function(module.Type(V128, V128), "run", new Code().GlobalGet(0).LocalGet(0).GlobalSet(0));
        var compiled = module.Compile();
        var run = new Run(Limits(), TimeProvider.System);
        await OnGuestThread(() =>
        {
            using var instance = Instance.Instantiate(compiled, new Imports(), run);
            var global = (Global)instance.Export("global")!;
            Assert.Equal(One, global.Value);
            Assert.Equal([One], instance.Invoke("run", Other));
            Assert.Equal(Other, global.Value);
            global.Value = One;
            Assert.Equal([One], instance.Invoke("run", Other));
            return true;
        });
    }

    [Fact]
    public async Task Vectors_AreParametersAndResultsOfBlocksAndIndirectCalls()
    {
        var module = new TestModule().Table(1).Elements(0);
        var two = module.Type([WasmType.V128, WasmType.V128], [WasmType.V128, WasmType.V128]);
        module.Function(two, null, new Code().LocalGet(1).LocalGet(0));
        module.Function(two, "run", new Code().LocalGet(0).LocalGet(1).Raw(0x02).U32((uint)two).I32Const(0).CallIndirect(two).End());
        Assert.Equal([Other, One], (await Run(module, Limits(), One, Other)).Results);
    }

    [Theory]
    [InlineData(0x100u, "i8x16.relaxed_swizzle")]
    [InlineData(0x105u, "f32x4.relaxed_madd")]
    [InlineData(0x113u, "i32x4.relaxed_dot_i8x16_i7x16_add_s")]
    public void RelaxedInstruction_IsRefusedByItsName(uint number, string name)
    {
        var module = new TestModule();
        module.Function(module.Type([], []), "run", new Code().Raw(0xFD).U32(number));
        var refusal = Assert.Throws<InvalidModuleException>(() => module.Compile());
        Assert.Equal(ModuleFault.LimitExceeded, refusal.Fault);
        Assert.Contains(name, refusal.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x114u)]
    [InlineData(0x9Au)]
    [InlineData(uint.MaxValue)]
    public void NumberWithoutInstruction_IsMalformed(uint number)
    {
        var module = new TestModule();
        module.Function(module.Type([], []), "run", new Code().Raw(0xFD).U32(number));
        Assert.Equal(ModuleFault.Malformed, Assert.Throws<InvalidModuleException>(() => module.Compile()).Fault);
    }

    [Fact]
    public async Task DeepExpression_RunsAsItIs()
    {
        var module = new TestModule();
        module.Function(
            module.Type(V128, V128),
            "run",
            new Code().LocalGet(0).Times(20_000, c => c.LocalGet(0).Op(Opcode.I8x16Add).LocalGet(0).Op(Opcode.I64x2Sub))
        );
        var ones = Value.FromV128(0, 0x0101_0101_0101_0101);
        Assert.Equal([ones], (await Run(module, Limits(), ones)).Results);
    }

    [Fact]
    public async Task LanesOfEveryKind_MixOnTheOperandStack()
    {
        // (a i8+ b) i16* (b i32- a), with operands that wait on the stack while others change their lanes.
        var module = new TestModule();
        module.Function(
            module.Type([WasmType.V128, WasmType.V128], V128),
            "run",
            new Code()
                .LocalGet(0)
                .LocalGet(1)
                .Op(Opcode.I8x16Add)
                .LocalGet(1)
                .LocalGet(0)
                .Op(Opcode.I32x4Sub)
                .Op(Opcode.I16x8Mul)
                .LocalGet(0)
                .Op(Opcode.I64x2Neg)
                .Op(Opcode.V128Xor)
        );
        var (a, b) = (0x0003_0005L, 0x0002_0007L);
        var low = (((a + b) & 0xFFFF) * ((b - a) & 0xFFFF)) & 0xFFFF;
        var high = ((((a + b) >> 16) * ((b - a) >> 16)) & 0xFFFF) << 16;
        var results = (await Run(module, Limits(), Value.FromV128(a, 0), Value.FromV128(b, 0))).Results;
        Assert.Equal([Value.FromV128((low | high) ^ -a, 0)], results);
    }
}
