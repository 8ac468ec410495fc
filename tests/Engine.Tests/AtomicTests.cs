using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>Atomic accesses at their edges: width, alignment, bounds, and waits that nobody could end.</summary>
public sealed class AtomicTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const long Filled = 0x1122_3344_5566_7788;
    private const long Operand = unchecked((long)0xFFEE_DDCC_BBAA_9988);

    private static readonly WasmType[] I32 = [WasmType.I32];
    private static readonly WasmType[] I64 = [WasmType.I64];

    public static TheoryData<string> Updates() => ["Add", "Sub", "And", "Or", "Xor", "Xchg"];

    [Theory]
    [MemberData(nameof(Updates))]
    public async Task Update_ChangesItsWidthAndGivesWhatWasThere(string name)
    {
        for (var form = 0; form < OpcodeTable.AtomicForms.Length; form++)
        {
            var (type, bytes) = OpcodeTable.AtomicForms[form];
            var opcode = (Opcode)((int)Enum.Parse<Opcode>($"I32AtomicRmw{name}") + form);
            var mask = bytes == 8 ? -1L : (1L << (8 * bytes)) - 1;
            var updated = name switch
            {
                "Add" => Filled + Operand,
                "Sub" => Filled - Operand,
                "And" => Filled & Operand,
                "Or" => Filled | Operand,
                "Xor" => Filled ^ Operand,
                _ => Operand,
            };
            var code = new Code().I32Const(0).I32Const(8).I64Const(Filled).Op(Opcode.I64Store).Raw(0, 0);
            var operand = type == WasmType.I64 ? code.I64Const(Operand) : code.I32Const(unchecked((int)Operand));
            var results = await Memory(operand.Op(opcode).Raw(Align(bytes)).U32(8), type);
            Assert.Equal([Value.FromBits(type, Filled & mask), Value.FromI64((Filled & ~mask) | (updated & mask))], results);
        }
    }

    [Theory]
    [InlineData(0x5566_7788, 1)]
    [InlineData(0x1234_7788, 2)]
    [InlineData(0x5566_7789, 0)]
    public async Task CompareExchange_ComparesWhatFitsTheAccess(int expected, int changed)
    {
        // Of one, two and four bytes: the first changes where all four agree, else where the two lower ones do.
        var code = new Code()
            .I32Const(8)
            .I64Const(Filled)
            .Op(Opcode.I64Store)
            .Raw(0, 0)
            .I32Const(8)
            .I32Const(expected)
            .I32Const(-1)
            .Op(Opcode.I32AtomicRmw16CmpxchgU)
            .Raw(1, 0)
            .Drop()
            .I32Const(8)
            .I32Const(expected)
            .I32Const(-1)
            .Op(Opcode.I32AtomicRmwCmpxchg)
            .Raw(2, 0);
        var there = changed == 0 ? 0x5566_7788 : 0x5566_FFFF;
        var module = new TestModule().Memory(1);
        module.Function(module.Type([], I32), "run", code);
        Assert.Equal([Value.FromI32(there)], (await Run(module, Limits())).Results);
    }

    [Theory]
    [InlineData(Opcode.I32AtomicLoad, 0, 65_532, null)]
    [InlineData(Opcode.I32AtomicLoad, 4, 65_528, null)]
    [InlineData(Opcode.I32AtomicLoad, 0, 65_536, TrapKind.OutOfBoundsMemoryAccess)]
    [InlineData(Opcode.I32AtomicLoad, 1, 65_531, null)]
    [InlineData(Opcode.I32AtomicLoad, 1, 65_532, TrapKind.UnalignedAtomic)]
    [InlineData(Opcode.I32AtomicLoad, 0, 65_537, TrapKind.UnalignedAtomic)]
    [InlineData(Opcode.I32AtomicLoad8U, 0, 65_535, null)]
    [InlineData(Opcode.I32AtomicLoad8U, 0, 65_536, TrapKind.OutOfBoundsMemoryAccess)]
    [InlineData(Opcode.I32AtomicLoad16U, uint.MaxValue, -1, TrapKind.OutOfBoundsMemoryAccess)]
    [InlineData(Opcode.I32AtomicLoad16U, uint.MaxValue, 0, TrapKind.UnalignedAtomic)]
    internal async Task EffectiveAddress_MustBeAlignedAndInside(Opcode opcode, uint offset, int address, TrapKind? trap)
    {
        var module = new TestModule().Memory(1);
        var bytes = OpcodeTable.SignatureOf(opcode)!.AccessBytes;
        module.Function(module.Type(I32, I32), "run", new Code().LocalGet(0).Op(opcode).Raw(Align(bytes)).U32(offset));
        Assert.Equal(trap, (await Run(module, Limits(), Value.FromI32(address))).Trap);
    }

    [Theory]
    [InlineData(true, 7, 0, 2, null)]
    [InlineData(true, 7, 1_000_000_000, 2, null)]
    [InlineData(true, 8, -1, 1, null)]
    [InlineData(true, 7, -1, 0, TrapKind.EndlessWait)]
    [InlineData(false, 7, 0, 0, TrapKind.ExpectedSharedMemory)]
    [InlineData(false, 8, -1, 0, TrapKind.ExpectedSharedMemory)]
    public async Task Wait_IsOverAtOnce(bool shared, int expected, long timeout, int result, TrapKind? trap)
    {
        foreach (var wide in (bool[])[false, true])
        {
            var module = shared ? new TestModule().SharedMemory(1, 1) : new TestModule().Memory(1);
            var code = new Code().I32Const(16).I64Const(7).Op(Opcode.I64Store).Raw(0, 0).I32Const(0);
            _ = wide ? code.I64Const(expected) : code.I32Const(expected);
            code.I64Const(timeout).Op(wide ? Opcode.MemoryAtomicWait64 : Opcode.MemoryAtomicWait32).Raw(Align(wide ? 8 : 4)).U32(16);
            module.Function(module.Type([], I32), "run", code);
            var outcome = await Run(module, Limits());
            Assert.Equal(trap, outcome.Trap);
            Assert.Equal(trap is null ? [Value.FromI32(result)] : [], outcome.Results);
        }
    }

    [Fact]
    public async Task Notify_WakesNobodyAndChecksItsAddress()
    {
        var module = new TestModule().Memory(1);
        module.Function(
            module.Type(I32, I32),
            "run",
            new Code().LocalGet(0).I32Const(-1).Op(Opcode.MemoryAtomicNotify).Raw(2, 0).Op(Opcode.AtomicFence).Raw(0)
        );
        Assert.Equal([Value.FromI32(0)], (await Run(module, Limits(), Value.FromI32(65_532))).Results);
        Assert.Equal(TrapKind.OutOfBoundsMemoryAccess, (await Run(module, Limits(), Value.FromI32(65_536))).Trap);
        Assert.Equal(TrapKind.UnalignedAtomic, (await Run(module, Limits(), Value.FromI32(2))).Trap);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AlignmentThatIsNotNatural_IsInvalid(byte align)
    {
        var module = new TestModule().Memory(1);
        module.Function(module.Type([], I32), "run", new Code().I32Const(0).Op(Opcode.I32AtomicLoad).Raw(align, 0));
        Assert.Equal(ModuleFault.Invalid, Assert.Throws<InvalidModuleException>(() => module.Compile()).Fault);
    }

    [Fact]
    public async Task SharedMemory_IsMatchedOnlyByOne()
    {
        var module = new TestModule().SharedMemory(1, 2).Export("memory", 2, 0);
        var importing = new TestModule().ImportMemory("other", "memory", shared: false);
        var (first, second) = (module.Compile(), importing.Compile());
        var run = new Run(Limits(), TimeProvider.System);
        var fault = await OnGuestThread(() =>
        {
            using var instance = Instance.Instantiate(first, new Imports(), run);
            Assert.Equal(new MemoryType(new SizeLimits(1, 2), Shared: true), instance.Export("memory")!.Type);
            return Assert.Throws<LinkException>(() => Instance.Instantiate(second, new Imports().AddExports("other", instance), run)).Fault;
        });
        Assert.Equal(LinkFault.IncompatibleImport, fault);
    }

    /// <summary>The exponent of the natural alignment.</summary>
    private static byte Align(int bytes) => (byte)int.Log2(bytes);

    /// <summary>The code's result and the word at address 8.</summary>
    private async Task<Value[]> Memory(Code code, WasmType type)
    {
        var module = new TestModule().SharedMemory(1, 1);
        var run = module.Type([], [type, WasmType.I64]);
        module.Function(run, "run", code.I32Const(8).I64Load());
        return (await Run(module, Limits())).Results;
    }
}
