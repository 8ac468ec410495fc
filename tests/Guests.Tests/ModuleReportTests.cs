using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

public sealed class ModuleReportTests
{
    [Fact]
    public void Command_IsDescribed()
    {
        var report = ModuleReport.Of(Guest.Sample("echo"));
        Assert.Equal((GuestAbi.WasiCommand, false), (report.Abi, report.UsesState));
        Assert.Equal(["_start"], report.EntryPoints);
        Assert.Contains(report.Imports, import => import is { Name: "wasi_snapshot_preview1.fd_read", Type: "[i32 i32 i32 i32] -> [i32]" });
        Assert.Contains(report.Exports, export => export is { Name: "memory", Kind: ExternalKind.Memory });
        Assert.Equal(new ModuleFeatures(), report.Features);
        Assert.Empty(report.Refusals);
        Assert.Empty(report.NotOptimised);
        Assert.Equal(Math.Min(report.Functions, ModuleReport.LargestMax), report.Largest.Count);
        Assert.InRange(report.Largest.Sum(function => function.CodeBytes), 1, report.CodeBytes);
    }

    [Fact]
    public void OnvmProgram_IsDescribedWithItsState()
    {
        var report = ModuleReport.Of(Guest.Sample("kvstore"));
        Assert.Equal((GuestAbi.Onvm, true), (report.Abi, report.UsesState));
        Assert.Equal(["onvm_main"], report.EntryPoints);
    }

    [Fact]
    public void Refusals_AreAllListedAndTheRestIsDescribed()
    {
        var report = ModuleReport.Of(Guest.Fixture("unknown_import"));
        var refusal = Assert.Single(report.Refusals);
        Assert.Equal(ModuleFault.NotAProgram, refusal.Fault);
        Assert.StartsWith("this is a module for another host; build its sources for WASI preview 1", refusal.Reason);
        Assert.Contains(". Unknown import env.system: ", refusal.Reason);
        Assert.Null(report.Abi);
        Assert.NotEmpty(report.Exports);
    }

    [Fact]
    public void Report_AgreesWithLoading()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fixtures"), "*.wasm"))
        {
            var bytes = File.ReadAllBytes(file);
            var refused = Record.Exception(() => GuestProgram.Load(bytes).Dispose()) as InvalidModuleException;
            var refusals = ModuleReport.Of(bytes).Refusals;
            Assert.Equal(refused is null, refusals.Count == 0);
            if (refused is not null)
            {
                Assert.Equal((refused.Reason, refused.Offset), (refusals[0].Reason, refusals[0].Offset));
            }
        }
    }

    [Fact]
    public void Garbage_HasAReportToo()
    {
        byte[] cut = Guest.Sample("primes")[..100];
        Assert.Equal(ModuleFault.Malformed, Assert.Single(ModuleReport.Of(cut).Refusals).Fault);
        Assert.Single(ModuleReport.Of(default).Refusals);
    }

    [Fact]
    public void LargeFunction_IsListedAsNotOptimised()
    {
        // f64.const 0 and f64.abs, again and again.
        byte[] turn = [0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x99, 0x1A];
        var report = ModuleReport.Of(Command([.. Enumerable.Repeat(turn, 7000).SelectMany(bytes => bytes)], segments: 0));
        var function = Assert.Single(report.NotOptimised);
        Assert.Equal(function, report.Largest[0]);
        Assert.True(function.Instructions > 20_000);
        Assert.True(report.Features.Float);
    }

    [Fact]
    public void FeaturesOfTheCode_AreListed()
    {
        byte[] zero = [0xFD, 0x0C, .. new byte[16]];
        Assert.Equal(new ModuleFeatures(Vectors: true), FeaturesOf([.. zero, 0xFD, 0x4D, 0x1A]));
        Assert.Equal(new ModuleFeatures(Vectors: true, Float: true), FeaturesOf([.. zero, .. zero, 0xFD, 0xE4, 1, 0x1A]));
        Assert.Equal(new ModuleFeatures(Threads: true), FeaturesOf([0xFE, 3, 0]));
        Assert.Equal(new ModuleFeatures(TailCalls: true), FeaturesOf([0x12, 0]));

        static ModuleFeatures FeaturesOf(byte[] code) => ModuleReport.Of(Command(code, segments: 0)).Features;
    }

    [Fact]
    public void ModuleOverALimit_IsDescribedBesideItsRefusal()
    {
        var report = ModuleReport.Of(Command([], EngineLimits.Default.DataSegmentsMax + 1));
        var refusal = Assert.Single(report.Refusals);
        Assert.Equal(ModuleFault.LimitExceeded, refusal.Fault);
        Assert.Equal((EngineLimits.Default.DataSegmentsMax + 1, GuestAbi.WasiCommand), (report.DataSegments, report.Abi));
    }

    /// <summary>A command with a body and empty passive data segments.</summary>
    private static byte[] Command(byte[] code, int segments)
    {
        byte[] body = [0, .. code, 0x0B];
        return
        [
            .. "\0asm"u8,
            1,
            0,
            0,
            0,
            .. Section(1, [1, 0x60, 0, 0]),
            .. Section(3, [1, 0]),
            .. Section(5, [1, 0, 1]),
            .. Section(7, [2, 6, .. "_start"u8, 0, 0, 6, .. "memory"u8, 2, 0]),
            .. Section(10, [1, .. Number(body.Length), .. body]),
            .. Section(11, [.. Number(segments), .. Enumerable.Repeat<byte[]>([1, 0], segments).SelectMany(bytes => bytes)]),
        ];
    }

    private static byte[] Section(byte id, byte[] content) => [id, .. Number(content.Length), .. content];

    private static byte[] Number(int value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        return [.. bytes, (byte)value];
    }
}
