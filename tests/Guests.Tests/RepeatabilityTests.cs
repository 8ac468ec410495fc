using Marketplace.Engine.Guests;
using Marketplace.Testing;

namespace Marketplace.Guests.Tests;

/// <summary>A run depends on its invocation and on nothing else.</summary>
public sealed class RepeatabilityTests
{
    private const uint Out = Probe.Scratch + 0x1000;

    [Theory]
    [InlineData("echo", "some text")]
    [InlineData("wordcount", "some more text")]
    [InlineData("primes", "100000")]
    [InlineData("kvstore", """{"op":"put","key":"k","data_base64":"AAAA"}""")]
    [InlineData("faulty", "hostile")]
    [InlineData("faulty", "recursion")]
    [InlineData("faulty", "log")]
    [InlineData("faulty", "exit 3")]
    public void TwoRuns_OfOneInvocationAreEqual(string name, string input)
    {
        using var one = GuestProgram.Load(Guest.Sample(name));
        using var other = GuestProgram.Load(Guest.Sample(name));
        var invocation = Guest.Invocation(input);
        var first = one.Run(invocation);
        AssertEqual(first, one.Run(invocation));
        AssertEqual(first, other.Run(invocation));
        Assert.True(first.FuelUsed > 0);
    }

    [Fact]
    public void Seed_ChangesChanceAndNothingElse()
    {
        var probe = new Probe().Call("random_get", Out, 16).Peek(Out, 16).Call("clock_time_get", 0, 1, Out).Peek(Out, 8);
        var first = probe.RunAsCommand();
        var second = probe.RunAsCommand(Guest.Invocation() with { Seed = new Bytes32("another seed, also 32 bytes long"u8) });
        var (one, two) = (probe.AnswersOf(first), probe.AnswersOf(second));
        Assert.NotEqual(one[1].Hex, two[1].Hex);
        Assert.Equal(one[3].Hex, two[3].Hex);
        Assert.Equal(first.FuelUsed, second.FuelUsed);
    }

    [Fact]
    public void Now_ChangesClocksAndNothingElse()
    {
        var probe = new Probe()
            .Call("random_get", Out, 16)
            .Peek(Out, 16)
            .Call("clock_time_get", 1, 1, Out)
            .Peek(Out, 8)
            .Call("onvm_now_ms");
        var first = probe.CommandAnswers();
        var second = probe.CommandAnswers(Guest.Invocation() with { Now = Guest.Submitted.AddMilliseconds(1) });
        Assert.Equal(first[1].Hex, second[1].Hex);
        Assert.Equal(first[3].U64 + 1_000_000, second[3].U64);
        Assert.Equal(first[4].Result + 1, second[4].Result);
    }

    [Fact]
    public void HostCalls_AreChargedByTheTable()
    {
        static long Fuel(Action<Probe> call)
        {
            var probe = new Probe();
            call(probe);
            return probe.RunAsCommand().MustEndAs(GuestOutcome.Completed).FuelUsed;
        }

        // The same script with another argument runs the same instructions, so the difference is what the host charges.
        Assert.Equal(
            1000 * GuestPolicy.FuelPerRandomByte,
            Fuel(probe => probe.Call("random_get", Out, 1000)) - Fuel(probe => probe.Call("random_get", Out, 0))
        );
        Assert.Equal(
            1000 * GuestPolicy.FuelPerSha256Byte,
            Fuel(probe => probe.Call("onvm_crypto_hash", 1, Out, 1000, Out, 32))
                - Fuel(probe => probe.Call("onvm_crypto_hash", 1, Out, 0, Out, 32))
        );
        Assert.Equal(
            1000 * GuestPolicy.FuelPerKeccakByte,
            Fuel(probe => probe.Call("onvm_crypto_hash", 2, Out, 1000, Out, 32))
                - Fuel(probe => probe.Call("onvm_crypto_hash", 2, Out, 0, Out, 32))
        );
        Assert.Equal(
            1600 / GuestPolicy.BytesPerCopyFuel,
            Fuel(probe => probe.Call("onvm_log", 1, Out, 1600)) - Fuel(probe => probe.Call("onvm_log", 1, Out, 0))
        );
    }

    [Fact]
    public void LongHostCall_EndsWhenTheFuelIsUsed()
    {
        var limits = Guest.Limits with { FuelMax = 1_000_000 };
        var result = new Probe().Call("random_get", 0x10000, 900_000).RunAsCommand(Guest.Invocation() with { Limits = limits });
        Assert.Equal(1_000_000, result.MustEndAs(GuestOutcome.OutOfFuel).FuelUsed);
        Assert.Matches(
            @"^out of fuel in imported function \d+ \(wasi_snapshot_preview1\.random_get\): the limit is 1000000$",
            result.Reason
        );
    }

    [Fact]
    [TestsBound(typeof(GuestLimits), nameof(GuestLimits.LogBytesMax))]
    public void Log_IsCutAtItsLimitAndNotBelow()
    {
        var probe = new Probe().Poke(Probe.Scratch, Out, 100).Call("fd_write", 2, Probe.Scratch, 1, Probe.Scratch + 64);
        GuestResult With(int logBytesMax) =>
            probe
                .RunAsCommand(Guest.Invocation() with { Limits = Guest.Limits with { LogBytesMax = logBytesMax } })
                .MustEndAs(GuestOutcome.Completed);
        Assert.Equal(new string('\0', 100), With(100).LogText());
        Assert.Equal(new string('\0', 88) + "\n[log cut]\n", With(99).LogText());
        Assert.Equal("\n[log cut]\n", With(11).LogText());
        Assert.Equal(10, With(10).Log.Length);
        Assert.Equal(0, With(0).Log.Length);
    }

    private static void AssertEqual(GuestResult expected, GuestResult actual)
    {
        Assert.Equal(expected.Outcome, actual.Outcome);
        Assert.Equal(expected.Reason, actual.Reason);
        Assert.Equal(expected.ExitCode, actual.ExitCode);
        Assert.Equal(expected.FuelUsed, actual.FuelUsed);
        Assert.Equal(expected.Output.ToArray(), actual.Output.ToArray());
        Assert.Equal(expected.Log.ToArray(), actual.Log.ToArray());
        Assert.Equal(expected.StateWrites.Select(Show), actual.StateWrites.Select(Show));
    }

    private static string Show(StateWrite write) =>
        $"{Convert.ToHexString(write.Key.Span)} {(write.Value is { } value ? Convert.ToHexString(value.Span) : "deleted")}";
}
