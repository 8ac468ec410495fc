using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>What the host offers, what a module wants, and calls across the border.</summary>
public sealed class LinkingTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];

    [Fact]
    public async Task TypedHostFunction_GetsArgumentsAndCaller()
    {
        var module = new TestModule().Memory(1).Data(4, 40, 0, 0, 0);
        var add = module.ImportFunction("host", "add", module.Type([WasmType.I32, WasmType.I64, WasmType.F64], [WasmType.I64]));
        module.Function(module.Type(None, [WasmType.I64]), "run", new Code().I32Const(4).I64Const(100).F64Const(1000).Call(add));
        var imports = new Imports().Add(
            "host",
            "add",
            (Func<Instance, int, long, double, long>)(static (caller, address, b, c) => caller.Memory.Read<int>(address) + b + (long)c)
        );
        Assert.Equal([Value.FromI64(1140)], (await RunWith(module, imports)).Results);
    }

    [Fact]
    public async Task GeneralHostFunction_GivesSeveralResultsAndReferences()
    {
        var module = new TestModule();
        var several = module.ImportFunction("host", "several", module.Type(I32, [WasmType.I32, WasmType.F32, WasmType.ExternRef]));
        module.Function(module.Type(None, I32), "run", new Code().I32Const(5).Call(several).Drop().Raw(0xA8).I32Add());
        var type = new FunctionType([WasmType.I32], [WasmType.I32, WasmType.F32, WasmType.ExternRef]);
        var imports = new Imports().Add(
            "host",
            "several",
            HostFunction.Create(
                type,
                static (_, arguments, results) =>
                {
                    results[0] = Value.FromI32(arguments[0].I32 + 1);
                    results[1] = Value.FromF32(2.5f);
                    results[2] = Value.FromExternal("host object");
                }
            )
        );
        Assert.Equal([Value.FromI32(8)], (await RunWith(module, imports)).Results);
    }

    [Fact]
    public async Task HostFunctionWithMoreParametersThanFunc_IsCalledTheGeneralWay()
    {
        var parameters = Enumerable.Repeat(WasmType.I32, 20).ToArray();
        var module = new TestModule();
        var sum = module.ImportFunction("host", "sum", module.Type(parameters, I32));
        module.Function(module.Type(None, I32), "run", new Code().Times(20, c => c.I32Const(3)).Call(sum));
        var type = new FunctionType([.. parameters], [WasmType.I32]);
        var imports = new Imports().Add(
            "host",
            "sum",
            HostFunction.Create(
                type,
                static (_, arguments, results) =>
                {
                    var total = 0;
                    foreach (var argument in arguments)
                    {
                        total += argument.I32;
                    }

                    results[0] = Value.FromI32(total);
                }
            )
        );
        Assert.Equal([Value.FromI32(60)], (await RunWith(module, imports)).Results);
    }

    [Fact]
    public async Task HostFunctionInATable_IsCalledIndirectly()
    {
        var module = new TestModule().Table(1).Elements(0);
        module.ImportFunction("host", "seven", module.Type(None, I32));
        module.Function(0, "run", new Code().I32Const(0).CallIndirect(0));
        var imports = new Imports().Add("host", "seven", (Func<Instance, int>)(static _ => 7));
        Assert.Equal([Value.FromI32(7)], (await RunWith(module, imports)).Results);
    }

    [Fact]
    public async Task HostsOwnException_ReachesTheHostUnchanged()
    {
        var module = new TestModule();
        var exit = module.ImportFunction("host", "exit", module.Type(None, None));
        module.Function(0, "run", new Code().Call(exit));
        var imports = new Imports().Add("host", "exit", (Action<Instance>)(static _ => throw new OperationCanceledException("left")));
        var thrown = await Assert.ThrowsAsync<OperationCanceledException>(() => RunWith(module, imports));
        Assert.Equal("left", thrown.Message);
    }

    [Fact]
    public async Task MissingImportAndWrongType_AreRefusedByName()
    {
        var module = new TestModule();
        module.ImportFunction("host", "f", module.Type(I32, None));
        module.Function(module.Type(None, None), "run", new Code());
        var missing = await Assert.ThrowsAsync<LinkException>(() => RunWith(module, new Imports()));
        Assert.Equal((LinkFault.UnknownImport, "unknown import: host.f"), (missing.Fault, missing.Message));
        var wrong = new Imports().Add("host", "f", (Action<Instance>)(static _ => { }));
        Assert.Equal(LinkFault.IncompatibleImport, (await Assert.ThrowsAsync<LinkException>(() => RunWith(module, wrong))).Fault);
    }

    [Fact]
    public void DelegateThatNoGuestCanCall_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => HostFunction.Create((Action<int>)(static _ => { })));
        Assert.Throws<ArgumentException>(() => HostFunction.Create((Action<Instance, string>)(static (_, _) => { })));
    }

    [Fact]
    public async Task WrongArguments_AreRefusedBeforeTheGuestRuns()
    {
        var module = new TestModule();
        module.Function(module.Type(I32, None), "run", new Code());
        await Assert.ThrowsAsync<ArgumentException>(() => Run(module, Limits()));
        await Assert.ThrowsAsync<ArgumentException>(() => Run(module, Limits(), Value.FromI64(1)));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(1_000)]
    public async Task SignaturesOfAnyLength_AreComparedByStructure(int count)
    {
        // Two equal types at different indices match; one that differs in the last parameter does not.
        var longs = Enumerable.Repeat(WasmType.I32, count - 1).ToArray();
        foreach (var (last, trap) in new[] { (WasmType.I32, (TrapKind?)null), (WasmType.I64, TrapKind.IndirectCallTypeMismatch) })
        {
            var module = new TestModule().Table(1).Elements(0);
            var first = module.Type([.. longs, WasmType.I32], I32);
            var second = module.Type([.. longs, last], I32);
            module.Function(first, null, new Code().LocalGet(0));
            var code = new Code().Times(count - 1, c => c.I32Const(9));
            code = last == WasmType.I32 ? code.I32Const(9) : code.I64Const(9);
            module.Function(module.Type(None, I32), "run", code.I32Const(0).CallIndirect(second));
            Assert.Equal(trap, (await Run(module, Limits())).Trap);
        }
    }

    private Task<Outcome> RunWith(TestModule module, Imports imports)
    {
        var compiled = module.Compile();
        var run = new Run(Limits(), TimeProvider.System);
        return OnGuestThread(() => Execute(compiled, imports, run));
    }
}
