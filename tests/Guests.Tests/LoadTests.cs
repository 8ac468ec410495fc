using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>What is found, and what is refused, before anything of a guest runs.</summary>
public sealed class LoadTests
{
    [Theory]
    [InlineData("no_entry", "missing entry point")]
    [InlineData("no_memory", "missing memory")]
    [InlineData("bad_start", "wrong signature")]
    [InlineData("unknown_import", "unknown import env.system")]
    [InlineData("import_memory", "unknown import env.memory")]
    [InlineData("bad_import_type", "incompatible import type: env.onvm_state_len is a function of type [i32 i32] -> [i64]")]
    public void Module_ThatIsNoProgramIsRefusedWithReasonAndPlace(string fixture, string reason)
    {
        var bytes = Guest.Fixture(fixture);
        var refusal = Assert.Throws<InvalidModuleException>(() => GuestProgram.Load(bytes));
        Assert.Equal(ModuleFault.NotAProgram, refusal.Fault);
        Assert.Contains(reason, refusal.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(refusal.Offset, 9, bytes.Length - 1);
    }

    [Fact]
    public void UnknownImport_IsNamedWhereItStands()
    {
        var bytes = Guest.Fixture("unknown_import");
        var refusal = Assert.Throws<InvalidModuleException>(() => GuestProgram.Load(bytes));
        Assert.Equal(3, bytes[refusal.Offset]);
        Assert.Equal("env"u8, bytes.AsSpan((int)refusal.Offset + 1, 3));
    }

    [Fact]
    public void HostileNames_AreShownHarmless()
    {
        var refusal = Assert.Throws<InvalidModuleException>(() => GuestProgram.Load(Guest.Fixture("hostile_import")));
        Assert.Contains("Unknown import env.?[2J?forged", refusal.Reason);
        Assert.True(refusal.Reason.Length < 500);
        Assert.DoesNotContain(refusal.Reason, char.IsControl);

        var result = Guest.RunFixture("two_entries", Guest.Invocation() with { EntryPoint = "\n\u202e" + new string('x', 1000) });
        Assert.StartsWith("no entry point '??xxx", result.MustEndAs(GuestOutcome.Failed).Reason);
        Assert.True(result.Reason!.Length < 250);
    }

    [Fact]
    public void EntryPointNames_AreBound()
    {
        var refusal = Assert.Throws<InvalidModuleException>(() => GuestProgram.Load(Guest.Fixture("long_entry")));
        Assert.Matches("^an entry point name of [0-9]+ bytes: the limit is 256: x+", refusal.Reason);
    }

    [Fact]
    public void TruncatedModule_IsRefusedWhereverItIsCut()
    {
        var bytes = Guest.Sample("echo");
        for (var size = 0; size < bytes.Length; size++)
        {
            Assert.Throws<InvalidModuleException>(() => GuestProgram.Load(bytes.AsMemory(0, size)));
        }
    }

    [Fact]
    public void Command_IsFoundByItsStart()
    {
        using var program = GuestProgram.Load(Guest.Sample("echo"));
        Assert.Equal(GuestAbi.WasiCommand, program.Info.Abi);
        Assert.Equal(["_start"], program.Info.EntryPoints);
        Assert.False(program.Info.UsesState);
        Assert.Contains("wasi_snapshot_preview1.fd_read", program.Info.Imports);
    }

    [Fact]
    public void OnvmProgram_IsFoundByItsEntryPointsOfAnyConvention()
    {
        using var program = GuestProgram.Load(Guest.Fixture("two_entries"));
        Assert.Equal(GuestAbi.Onvm, program.Info.Abi);
        Assert.Equal(["first", "second"], program.Info.EntryPoints);
        Assert.Empty(program.Info.Imports);
    }

    [Fact]
    public void Command_MayUseTheFunctionsOfState()
    {
        using var program = GuestProgram.Load(Guest.Fixture("state_command"));
        Assert.Equal(GuestAbi.WasiCommand, program.Info.Abi);
        Assert.True(program.Info.UsesState);
        var write = Assert.Single(program.Run(Guest.Invocation()).MustEndAs(GuestOutcome.Completed).StateWrites);
        Assert.Equal("k"u8, write.Key.Span);
        Assert.Equal("v"u8, write.Value!.Value.Span);
    }

    [Fact]
    public void EveryFunctionOfBothAbis_CanBeImported()
    {
        using var program = GuestProgram.Load(Guest.Fixture("probe"));
        Assert.Equal(Probe.Functions.Order(), program.Info.Imports.Select(import => import[(import.IndexOf('.') + 1)..]).Order());
        Assert.Equal(46, program.Info.Imports.Count(import => import.StartsWith("wasi_snapshot_preview1.", StringComparison.Ordinal)));
    }

    [Fact]
    public void Invocation_WithoutTheStateThatTheProgramUsesIsRefused()
    {
        using var program = GuestProgram.Load(Guest.Sample("kvstore"));
        Assert.Throws<ArgumentException>(() => program.Run(Guest.Invocation("{}") with { State = null }));
        program.Run(Guest.Invocation("{}") with { Blobs = null }).MustEndAs(GuestOutcome.Completed);
    }

    [Fact]
    public void Invocation_WithWhatNoGuestCanBeGivenIsRefused()
    {
        using var program = GuestProgram.Load(Guest.Sample("echo"));
        var good = Guest.Invocation();
        Assert.Throws<ArgumentException>(() => program.Run(good with { Arguments = ["a\0b"] }));
        Assert.Throws<ArgumentException>(() => program.Run(good with { Arguments = [new string('x', GuestPolicy.ArgumentBytesMax)] }));
        string[] many = [.. Enumerable.Repeat("", GuestPolicy.ArgumentsMax + 1)];
        Assert.Throws<ArgumentException>(() => program.Run(good with { Arguments = many }));
        Assert.Throws<ArgumentException>(() => program.Run(good with { Now = DateTimeOffset.UnixEpoch.AddTicks(-1) }));
        Assert.Throws<ArgumentException>(() => program.Run(good with { Now = DateTimeOffset.MaxValue }));
        Assert.Throws<ArgumentOutOfRangeException>(() => program.Run(good with { Limits = Guest.Limits with { OutputBytesMax = -1 } }));
    }

    [Fact]
    public void DisposedProgram_RunsNoMore()
    {
        var program = GuestProgram.Load(Guest.Sample("echo"));
        program.Dispose();
        Assert.Throws<ObjectDisposedException>(() => program.Run(Guest.Invocation()));
    }
}
