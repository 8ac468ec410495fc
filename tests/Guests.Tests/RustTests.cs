using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>What Rust's compiler and standard library make runs as it is.</summary>
public sealed class RustTests
{
    [Fact]
    public void Command_OfTheStandardLibraryRuns()
    {
        var result = Guest
            .RunFixture("rust_command", Guest.Invocation("stressed") with { Arguments = ["x y", "ü"] })
            .MustEndAs(GuestOutcome.Completed);
        Assert.Equal("desserts", result.OutputText());
        var seconds = Guest.Submitted.ToUnixTimeSeconds();
        Assert.StartsWith(
            $"arguments [\"x y\", \"ü\"], variables 0, seconds {seconds}, elapsed 0ns, distinct 5, file Err(",
            result.LogText()
        );
    }

    [Fact]
    public async Task ProgramThatIsCompiledAhead_EndsAsOneThatIsInterpreted()
    {
        var invocation = Guest.Invocation("stressed");
        using var program = GuestProgram.Load(Guest.Fixture("rust_command"));
        var interpreted = program.Run(invocation).MustEndAs(GuestOutcome.Completed);
        Assert.Equal(0, program.EmittedFunctions);
        using var threads = new GuestThreads(1);
        var compiled = await threads.Run(() =>
        {
            program.CompileAll(CancellationToken.None);
            return program.Run(invocation);
        });
        Assert.True(program.EmittedFunctions > 100);
        Assert.Equal((interpreted.FuelUsed, interpreted.OutputText()), (compiled.FuelUsed, compiled.OutputText()));
        Assert.Equal(interpreted.LogText(), compiled.LogText());
    }

    [Fact]
    public void Panic_IsATrapWithItsMessageInTheLog()
    {
        var result = Guest.RunFixture("rust_command", Guest.Invocation("")).MustEndAs(GuestOutcome.Trapped);
        Assert.StartsWith("unreachable in function ", result.Reason);
        Assert.Contains("panicked at 'no input'", result.LogText());
    }

    [Fact]
    public void OnvmProgram_ReturnsItsPairThroughAHiddenParameter()
    {
        using var program = GuestProgram.Load(Guest.Fixture("rust_onvm"));
        Assert.Equal((GuestAbi.Onvm, "onvm_main"), (program.Info.Abi, Assert.Single(program.Info.EntryPoints)));
        var result = program.Run(Guest.Invocation("from rust")).MustEndAs(GuestOutcome.Completed);
        Assert.Equal($"9 bytes at {Guest.Submitted.ToUnixTimeMilliseconds()}: FROM RUST", result.OutputText());
        Assert.Equal("info from rust\n", result.LogText());
    }

    [Fact]
    public void OnvmProgram_GetsAPointerThatIsNotNullForEmptyInput() =>
        Assert.StartsWith(
            "0 bytes at ",
            Guest.RunFixture("rust_onvm", Guest.Invocation("")).MustEndAs(GuestOutcome.Completed).OutputText()
        );
}
