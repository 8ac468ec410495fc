using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.Testing;

namespace Marketplace.Guests.Tests;

public sealed class OnvmEntryTests
{
    [Theory]
    [InlineData("multi_value")]
    [InlineData("packed")]
    [InlineData("sret")]
    [InlineData("alloc")]
    [InlineData("malloc")]
    public void EveryConvention_PassesInputAndOutput(string fixture)
    {
        Assert.Equal("hello", Guest.RunFixture(fixture, Guest.Invocation("hello")).MustEndAs(GuestOutcome.Completed).OutputText());
        Assert.Equal("", Guest.RunFixture(fixture, Guest.Invocation("")).MustEndAs(GuestOutcome.Completed).OutputText());
    }

    [Theory]
    [InlineData("multi_value")]
    [InlineData("packed")]
    [InlineData("sret")]
    public void EveryConvention_TakesInputOfManyPages(string fixture)
    {
        var input = new byte[200_000];
        new Random(1).NextBytes(input);
        Assert.Equal(input, Guest.RunFixture(fixture, Guest.Invocation(input)).MustEndAs(GuestOutcome.Completed).Output.ToArray());
    }

    [Theory]
    [InlineData("alloc_outside", "gave no room")]
    [InlineData("output_outside", "leaves the memory")]
    [InlineData("fixed_memory", "more than the program lets its memory grow")]
    public void BrokenConvention_IsTheProgramsFailure(string fixture, string reason) =>
        Assert.Contains(reason, Guest.RunFixture(fixture, Guest.Invocation("hello")).MustEndAs(GuestOutcome.Failed).Reason);

    [Fact]
    public void OutputWhoseEndWrapsAround_IsRefused() =>
        Guest.RunFixture("output_wraps", Guest.Invocation("hello")).MustEndAs(GuestOutcome.Failed);

    [Fact]
    public void Output_IsBoundAtItsLimitAndNotBelow()
    {
        var limits = Guest.Limits with { OutputBytesMax = 131072 };
        Guest.RunFixture("output_large", Guest.Invocation() with { Limits = limits }).MustEndAs(GuestOutcome.Completed);
        limits = limits with { OutputBytesMax = 131071 };
        Guest.RunFixture("output_large", Guest.Invocation() with { Limits = limits }).MustEndAs(GuestOutcome.OutputTooLarge);
    }

    [Fact]
    public void Input_CountsAgainstTheMemoryLimit()
    {
        var invocation = Guest.Invocation(new byte[65536 - 16]);
        Guest.RunFixture("sret", invocation with { Limits = Guest.Limits with { MemoryPagesMax = 2 } }).MustEndAs(GuestOutcome.Completed);
        Guest.RunFixture("sret", invocation with { Limits = Guest.Limits with { MemoryPagesMax = 1 } }).MustEndAs(GuestOutcome.OutOfMemory);
    }

    [Fact]
    [TestsBound(typeof(GuestLimits), nameof(GuestLimits.MemoryPagesMax))]
    public void FirstMemory_CountsAgainstTheMemoryLimit()
    {
        Guest
            .RunFixture("large_memory", Guest.Invocation() with { Limits = Guest.Limits with { MemoryPagesMax = 300 } })
            .MustEndAs(GuestOutcome.Completed);
        Guest
            .RunFixture("large_memory", Guest.Invocation() with { Limits = Guest.Limits with { MemoryPagesMax = 299 } })
            .MustEndAs(GuestOutcome.OutOfMemory);
    }

    [Fact]
    public void Initialize_ComesBeforeTheEntryPoint() =>
        Assert.Equal("prepared", Guest.RunFixture("initialize", Guest.Invocation()).MustEndAs(GuestOutcome.Completed).OutputText());

    [Fact]
    public void StartSection_MayCallTheHost() =>
        Assert.Equal("info starting\n", Guest.RunFixture("start_section", Guest.Invocation()).MustEndAs(GuestOutcome.Completed).LogText());

    [Theory]
    [InlineData("two_entries", "first", "a")]
    [InlineData("two_entries", "second", "b")]
    [InlineData("default_entry", "other", "a")]
    [InlineData("default_entry", "onvm_main", "b")]
    [InlineData("default_entry", null, "b")]
    public void EntryPoint_IsTheOneAskedFor(string fixture, string? entry, string output) =>
        Assert.Equal(
            output,
            Guest.RunFixture(fixture, Guest.Invocation() with { EntryPoint = entry }).MustEndAs(GuestOutcome.Completed).OutputText()
        );

    [Theory]
    [InlineData("third", "no entry point 'third'; the program has first, second")]
    [InlineData("helper", "no entry point 'helper'; the program has first, second")]
    [InlineData("memory", "no entry point 'memory'; the program has first, second")]
    [InlineData(null, "the job names no entry point and the program has several: first, second")]
    public void EntryPoint_ThatIsNotThereFailsTheRun(string? entry, string reason)
    {
        var result = Guest.RunFixture("two_entries", Guest.Invocation() with { EntryPoint = entry }).MustEndAs(GuestOutcome.Failed);
        Assert.Equal(reason, result.Reason);
        Assert.Equal(0, result.FuelUsed);
    }

    [Fact]
    public void Exit_BeforeTheOutputIsReturnedIsAFailure()
    {
        var result = new Probe().Call("proc_exit", 0).RunAsOnvm().MustEndAs(GuestOutcome.Failed);
        Assert.Contains("exited with code 0 before it returned its output", result.Reason);
        Assert.Equal(7, new Probe().Call("proc_exit", 7).RunAsOnvm().MustEndAs(GuestOutcome.Failed).ExitCode);
    }

    [Fact]
    public void Print_OfAnOnvmProgramIsLog()
    {
        var probe = new Probe()
            .Poke(Probe.Scratch, Encoding.UTF8.GetBytes("printed"))
            .Poke(Probe.Scratch + 16, Probe.Scratch, 7)
            .Call("fd_write", 1, Probe.Scratch + 16, 1, Probe.Scratch + 32)
            .Call("fd_read", 0, Probe.Scratch + 16, 1, Probe.Scratch + 32)
            .Peek(Probe.Scratch + 32, 4);
        var result = probe.RunAsOnvm();
        Assert.Equal("printed", result.LogText());
        Assert.Equal([0L, 0L], probe.AnswersOf(result)[..2].Select(answer => answer.Result));
        Assert.Equal(0u, probe.AnswersOf(result)[2].U32);
    }
}
