using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Building;
using Marketplace.Reference.Comparison;

namespace Marketplace.Engine.Tests;

/// <summary>No bytes make the decoder throw anything but its own exception, and every refusal says where.</summary>
public sealed class BadBytesTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const int Seed = 20_26;

    [Fact]
    public void ModuleCutAtAnyByte_IsRefused()
    {
        var bytes = Sample();
        var refused = 0;
        for (var length = 0; length < bytes.Length; length++)
        {
            refused += Decode(bytes.AsMemory(0, length)) is null ? 0 : 1;
        }

        // Behind each section before the code stands a whole module that just lacks the rest: no refusal without functions.
        Assert.True(refused >= bytes.Length - 4, $"{refused} of {bytes.Length}");
    }

    [Fact]
    public void WrongMagicAndVersion_AreRefusedAtTheirOffset()
    {
        var magic = Decode("\0ASM\x01\0\0\0"u8.ToArray())!;
        Assert.Equal((ModuleFault.Malformed, 0, "magic header not detected"), (magic.Fault, magic.Offset, magic.Reason));
        var version = Decode("\0asm\x02\0\0\0"u8.ToArray())!;
        Assert.Equal((ModuleFault.Malformed, 4, "unknown binary version"), (version.Fault, version.Offset, version.Reason));
    }

    [Fact]
    public void ModuleOverTheSizeLimit_IsRefused()
    {
        var limits = new EngineLimits { ModuleBytesMax = 100 };
        var custom = new Code().Raw("\0asm\x01\0\0\0"u8).Raw(0, 90, 0).Times(89, c => c.Raw(0)).ToArray();
        Assert.Equal(100, custom.Length);
        WasmModule.Decode(custom, limits);
        var refusal = Assert.Throws<InvalidModuleException>(() => WasmModule.Decode(new byte[101], limits));
        Assert.Equal(ModuleFault.LimitExceeded, refusal.Fault);
    }

    [Fact]
    public void InvalidCode_IsRefusedAtTheInstruction()
    {
        var module = new TestModule();
        module.Function(module.Type([], []), "run", new Code().Nop().I32Add().Drop());
        var bytes = module.ToBytes();
        var refusal = Decode(bytes)!;
        Assert.Equal((ModuleFault.Invalid, "type mismatch"), (refusal.Fault, refusal.Reason));
        Assert.Equal(0x6A, bytes[refusal.Offset]);
    }

    [Fact]
    public async Task ChangedBytes_AreRefusedOrRunWithinTheirLimits()
    {
        var sample = Sample();
        var random = new Random(Seed);
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = sample.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(8, bytes.Length)] = (byte)random.Next(256);
            }

            WasmModule module;
            try
            {
                module = WasmModule.Decode(bytes, EngineLimits.Default);
            }
            catch (InvalidModuleException)
            {
                continue;
            }

            // Emitting costs a millisecond, so only some of those that are still valid run.
            if (i % 10 == 0)
            {
                await RunWhatever(module);
            }
        }
    }

    private static InvalidModuleException? Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            WasmModule.Decode(bytes, EngineLimits.Default);
            return null;
        }
        catch (InvalidModuleException refusal)
        {
            Assert.InRange(refusal.Offset, 0, bytes.Length);
            return refusal;
        }
    }

    private async Task RunWhatever(WasmModule module)
    {
        await RunWhatever(module, Tiers.CompiledOnly);
        await RunWhatever(module, TestTiers.Changing);
    }

    private async Task RunWhatever(WasmModule module, Tiers tiers)
    {
        var compiled = CompiledModule.Compile(module, tiers);
        var run = new Run(Limits(1_000_000), TimeProvider.System);
        await OnGuestThread(() =>
        {
            try
            {
                using var instance = Instance.Instantiate(compiled, new Imports(), run);
                foreach (var export in module.Exports)
                {
                    if (export.Type is FunctionType type)
                    {
                        instance.Invoke(export.Name, [.. type.Parameters.Select(Value.Default)]);
                    }
                }
            }
            catch (Exception e) when (e is TrapException or LinkException)
            {
                // Either is a proper end of a module that chance made.
            }

            return true;
        });
    }

    /// <summary>A module with something in every section.</summary>
    private static byte[] Sample()
    {
        var module = new TestModule().Table(4, 8).Memory(1, 3);
        module.Global(WasmType.I64, true, new Code().I64Const(-5)).Global(WasmType.F64, false, new Code().F64Const(1.5));
        var binary = module.Type([WasmType.I32, WasmType.I32], [WasmType.I32]);
        var plain = module.Type([], []);
        var two = module.Type([WasmType.I32], [WasmType.I32, WasmType.I64]);
        module.Function(binary, "add", new Code().LocalGet(0).LocalGet(1).I32Add());
        module.Function(
            plain,
            "loop",
            new Code()
                .I32Const(1_000)
                .LocalSet(0)
                .Loop()
                .LocalGet(0)
                .I32Const(1)
                .I32Sub()
                .LocalTee(0)
                .BrIf(0)
                .End()
                .I32Const(16)
                .I32Const(99)
                .I32Store(4)
                .I32Const(1)
                .I32Const(2)
                .I32Const(0)
                .CallIndirect(binary)
                .Drop(),
            (1, WasmType.I32)
        );
        module.Function(
            two,
            "two",
            new Code().Block(0x7F).LocalGet(0).LocalGet(0).BrTable([0, 0], 0).End().I64Const(7).GlobalGet(0).Raw(0x7C)
        );
        module.Elements(0, 1).Data(8, 1, 2, 3, 4).Start(1).Export("memory", 2, 0).Export("global", 3, 1).Export("table", 1, 0);
        return module.ToBytes();
    }
}
