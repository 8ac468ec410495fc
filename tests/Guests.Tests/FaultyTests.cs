using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>Every way in which the sample <c>faulty</c> goes wrong ends in its own outcome, and the process lives to say so.</summary>
public sealed class FaultyTests
{
    public static TheoryData<string> Modes => [.. FaultyCase.All.Select(faulty => faulty.Mode)];

    [Theory]
    [MemberData(nameof(Modes))]
    public void EachMode_EndsInItsOwnOutcome_WithTheSpecificationsWords(string mode)
    {
        using var program = GuestProgram.Load(Guest.Sample("faulty"));
        Assert.Null(FaultyCase.Named(mode).Run(program, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("unreachable")]
    [InlineData("recursion")]
    public void Trap_LeavesNoOutput_AndCountsItsFuel(string mode)
    {
        var result = Guest.RunSample("faulty", mode).MustEndAs(GuestOutcome.Trapped);
        Assert.Empty(result.Output.ToArray());
        Assert.True(result.FuelUsed > 0);
    }

    [Fact]
    public void Loop_EndsWhenItsFuelIsUsed()
    {
        var limits = Guest.Limits with { FuelMax = 5_000_000 };
        var result = Guest.RunSample("faulty", Guest.Invocation("loop") with { Limits = limits }).MustEndAs(GuestOutcome.OutOfFuel);
        Assert.Equal(5_000_000, result.FuelUsed);
    }

    [Fact]
    public void Loop_EndsWhenItsTimeIsOver()
    {
        var clock = new HastyClock();
        using var program = GuestProgram.Load(Guest.Sample("faulty"), clock);
        var limits = Guest.Limits with { FuelMax = long.MaxValue, TimeMax = TimeSpan.FromHours(1) };
        program.Run(Guest.Invocation("loop") with { Limits = limits }).MustEndAs(GuestOutcome.TimedOut);
    }

    [Fact]
    public void OutputBomb_EndsAtItsLimit()
    {
        var result = Guest.RunSample("faulty", "output").MustEndAs(GuestOutcome.OutputTooLarge);
        Assert.Contains($"{Guest.OutputBytesMax}", result.Reason);
        Assert.Empty(result.Output.ToArray());
    }

    [Fact]
    public void LogBomb_IsCutAndCompletes()
    {
        var result = Guest.RunSample("faulty", "log").MustEndAs(GuestOutcome.Completed);
        Assert.Equal(Guest.LogBytesMax, result.Log.Length);
        Assert.EndsWith("xxx\n[log cut]\n", result.LogText());
    }

    [Theory]
    [InlineData("exit 1", 1)]
    [InlineData("exit 255", 255)]
    [InlineData("exit -1", -1)]
    [InlineData("what is this", 64)]
    public void ExitCode_OtherThanZeroIsAFailure(string mode, int code)
    {
        var result = Guest.RunSample("faulty", mode).MustEndAs(GuestOutcome.Failed);
        Assert.Equal(code, result.ExitCode);
        Assert.Contains($"{code}", result.Reason);
    }

    [Theory]
    [InlineData("exit 0")]
    [InlineData("none")]
    public void ExitCode_ZeroIsSuccess(string mode) => Guest.RunSample("faulty", mode).MustEndAs(GuestOutcome.Completed);

    [Fact]
    public void HostileText_PassesAsTheBytesThatItIs()
    {
        var result = Guest.RunSample("faulty", "hostile").MustEndAs(GuestOutcome.Completed);
        Assert.Equal(result.Output.ToArray(), result.Log.ToArray());
        Assert.Equal(0x1b, result.Output.Span[0]);
        Assert.Contains("<script>alert(1)</script>[bold]", result.OutputText());
        ReadOnlySpan<byte> noUtf8 = [0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80];
        Assert.True(result.Output.Span.IndexOf(noUtf8) > 0);
        Assert.Equal(0, result.Output.Span[^1]);
    }

    [Fact]
    public void FaultOfTheEngine_IsNotTheGuestsAndDoesNotComeOut()
    {
        using var program = GuestProgram.Load(Guest.Sample("faulty"), new BrokenClock());
        var result = program.Run(Guest.Invocation("none")).MustEndAs(GuestOutcome.EngineFault);
        Assert.Contains("the clock has stopped", result.Reason);
        Assert.Empty(result.Output.ToArray());
    }

    /// <summary>A clock on which every timer is due at once.</summary>
    private sealed class HastyClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new HastyTimer(wait =>
            {
                _now += wait.Ticks;
                callback(state);
            });
    }

    private sealed class HastyTimer(Action<TimeSpan> due) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                due(dueTime);
            }
            return true;
        }

        public void Dispose() { }

        public ValueTask DisposeAsync() => default;
    }

    private sealed class BrokenClock : TimeProvider
    {
        public override long GetTimestamp() => throw new InvalidOperationException("the clock has stopped");
    }
}
