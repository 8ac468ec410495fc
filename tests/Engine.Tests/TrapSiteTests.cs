using Marketplace.Engine.Decode;
using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Building;
using Marketplace.Reference.Comparison;

namespace Marketplace.Engine.Tests;

/// <summary>A trap says where it happened, by the name that the module gives it.</summary>
public sealed class TrapSiteTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] None = [];

    /// <summary>One of each way in which a trap leaves a function: by compiled code, and by what it calls.</summary>
    public static TheoryData<string> Ways() => ["unreachable", "divide", "load", "fill", "table", "indirect", "wait", "vector", "atomic"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Trap_NamesItsFunction(string way)
    {
        var module = new TestModule().Table(1).SharedMemory(1, 1);
        var plain = module.Type(None, None);
        module.Function(plain, "run", new Code().Call(1));
        module.Function(
            plain,
            null,
            way switch
            {
                "unreachable" => new Code().Unreachable(),
                "divide" => new Code().I32Const(1).I32Const(0).Op(Opcode.I32DivU).Drop(),
                "load" => new Code().I32Const(-1).I32Load().Drop(),
                "fill" => new Code().I32Const(-1).I32Const(0).I32Const(9).MemoryFill(),
                "table" => new Code().I32Const(1).Op(Opcode.TableGet).Raw(0).Drop(),
                "indirect" => new Code().I32Const(0).CallIndirect(plain),
                "wait" => new Code().I32Const(0).I32Const(0).I64Const(-1).Op(Opcode.MemoryAtomicWait32).Raw(2, 0).Drop(),
                "vector" => new Code().I32Const(65_521).Op(Opcode.V128Load).Raw(0, 0).Drop(),
                "atomic" => new Code().I32Const(1).Op(Opcode.I32AtomicLoad).Raw(2, 0).Drop(),
                _ => throw new ArgumentException(way, nameof(way)),
            }
        );
        module.FunctionNames((0, "caller"u8.ToArray()), (1, "culprit"u8.ToArray()));
        Assert.Equal("function 1 (culprit)", await Site(module));
    }

    [Fact]
    public async Task ExhaustedStack_NamesTheFunctionThatHadNoPlace()
    {
        var module = new TestModule().FunctionNames((0, "deep"u8.ToArray()));
        module.Function(module.Type(None, None), "run", new Code().Call(0).Nop());
        Assert.Equal("function 0 (deep)", await Site(module));
    }

    [Fact]
    public async Task TrapOfAHostFunction_NamesWhatWasImported()
    {
        var module = new TestModule().ImportMemory("host", "memory", shared: false);
        var plain = module.Type(None, None);
        module.ImportFunction("host", "fine", plain);
        var bad = module.ImportFunction("ho\u001b[2Jst", "read", plain);
        module.Function(plain, "run", new Code().Call(0).Call(bad));
        HostFunction Host(HostCallback body) => HostFunction.Create(new FunctionType([], []), body);
        var imports = new Imports()
            .Add("host", "memory", new LinearMemory(new MemoryType(new SizeLimits(1, 2)), 2))
            .Add("host", "fine", Host(static (_, _, _) => { }))
            .Add("ho\u001b[2Jst", "read", Host(static (caller, _, _) => caller.Memory.Read<int>(65_533)));
        Assert.Equal("imported function 1 (ho[2Jst.read)", await Site(module, imports));
    }

    [Fact]
    public async Task TrapOfAGuestThatTheHostCalledBack_NamesTheGuestsFunction()
    {
        var module = new TestModule();
        var again = module.ImportFunction("host", "again", module.Type(None, None));
        module.Function(0, "run", new Code().Call(again));
        module.Export("culprit", 0, module.Function(0, null, new Code().Unreachable()));
        var imports = new Imports().Add(
            "host",
            "again",
            HostFunction.Create(new FunctionType([], []), static (caller, _, _) => caller.Invoke("culprit"))
        );
        Assert.Equal("function 2", await Site(module, imports));
    }

    [Fact]
    public async Task SegmentThatDoesNotFit_IsNamed()
    {
        var elements = new TestModule().Table(2).PassiveElements().Elements(0, 0).Elements(0, 0, 0);
        elements.Function(elements.Type(None, None), "run", new Code());
        Assert.Equal("element segment 2", await Site(elements, new Imports()));
        var data = new TestModule().Memory(1).Data(65_535, 1).Data(65_535, 1, 2);
        data.Function(data.Type(None, None), "run", new Code());
        Assert.Equal("data segment 1", await Site(data, new Imports()));
    }

    [Fact]
    public async Task EntryWithoutPlaceOnTheStack_NamesTheFunctionThatWasToRun()
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code());
        Assert.Equal("function 0", await Site(module, new Imports(), Limits() with { StackSlotsMax = EnginePolicy.HostFrameSlots - 1 }));
    }

    [Fact]
    public async Task Name_IsStrippedOfWhatTerminalsObeyAndCut()
    {
        var name = (byte[])[.. "a\u001b[31m\r\n\u202eb\u0000"u8, 0xFF, 0xC3, .. new byte[1_000].Select(_ => (byte)'z')];
        Assert.Equal("function 0 (a[31mb" + new string('z', EnginePolicy.FunctionNameBytesMax - 15) + ")", await SiteOf(name));
        Assert.Equal("function 0", await SiteOf("\r"u8.ToArray()));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 1, 100, 1 })]
    [InlineData(new byte[] { 1, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    [InlineData(new byte[] { 1, 4, 1, 0, 9, 65 })]
    [InlineData(new byte[] { 7, 1, 0 })]
    public async Task NameSectionThatBreaksItsFormat_HasNoNames(byte[] content)
    {
        var module = new TestModule().Custom("name", content);
        module.Function(module.Type(None, None), "run", new Code().Unreachable());
        Assert.Equal("function 0", await Site(module));
    }

    [Fact]
    public async Task FirstOfSeveralNameSections_Counts()
    {
        var module = new TestModule().FunctionNames((0, "first"u8.ToArray())).FunctionNames((0, "second"u8.ToArray()));
        module.Function(module.Type(None, None), "run", new Code().Unreachable());
        Assert.Equal("function 0 (first)", await Site(module));
    }

    private Task<string> SiteOf(byte[] name)
    {
        var module = new TestModule().FunctionNames((0, name));
        module.Function(module.Type(None, None), "run", new Code().Unreachable());
        return Site(module);
    }

    private Task<string> Site(TestModule module) => Site(module, new Imports());

    /// <summary>Compiled and interpreted, which must say the same.</summary>
    private async Task<string> Site(TestModule module, Imports imports, RunLimits? limits = null)
    {
        var site = await Site(module.Compile(), imports, limits);
        Assert.Equal(site, await Site(module.Compile(TestTiers.InterpretedOnly), imports, limits));
        return site;
    }

    private Task<string> Site(CompiledModule compiled, Imports imports, RunLimits? limits)
    {
        var run = new Run(limits ?? Limits(), TimeProvider.System);
        return OnGuestThread(() =>
        {
            var trap = Assert.Throws<TrapException>(() =>
            {
                using var instance = Instance.Instantiate(compiled, imports, run);
                instance.Invoke("run");
            });
            Assert.Equal(TrapException.TextOf(trap.Kind), trap.Message);
            return trap.Site!.ToString();
        });
    }
}
