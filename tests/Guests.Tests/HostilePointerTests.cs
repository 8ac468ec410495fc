using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>
/// Every function of both ABIs with pointers and lengths that leave the memory, touch its end or wrap around. No such call may harm the
/// host, stop the guest, or answer with success where nothing could be read or written.
/// </summary>
public sealed class HostilePointerTests
{
    private const long Fault = 21;
    private const long BadPointer = -2;
    private const uint Good = Probe.Scratch;

    /// <summary>The command's memory has 16 pages: addresses behind it, at its end, and such that 32-bit sums wrap around.</summary>
    private static readonly long[] Hostile = [Probe.End - 1, Probe.End, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, -1];

    public static TheoryData<string> Functions => [.. Probe.Functions.Where(function => function != "proc_exit")];

    [Theory]
    [MemberData(nameof(Functions))]
    public void AnyFunction_SurvivesAnyArguments(string function)
    {
        long[] values = [0, 1, 2, 3, Good, .. Hostile];
        var random = new Random(function.Length * 31);
        var probe = new Probe();
        for (var i = 0; i < 150; i++)
        {
            var arguments = new long[9];
            foreach (ref var argument in arguments.AsSpan())
            {
                argument = values[random.Next(values.Length)];
            }
            probe.Call(function, arguments);
        }

        // Such calls may overwrite the guest's own stack and script, so it may end in any way of its own, but not in a fault of the engine.
        var result = probe.RunAsCommand(Guest.Invocation() with { Limits = Guest.Limits with { FuelMax = 50_000_000 } });
        Assert.True(result.Outcome != GuestOutcome.EngineFault, result.Reason);
    }

    [Theory]
    [InlineData("args_get", 0)]
    [InlineData("args_get", 1)]
    [InlineData("args_sizes_get", 0)]
    [InlineData("args_sizes_get", 1)]
    [InlineData("environ_sizes_get", 0)]
    [InlineData("environ_sizes_get", 1)]
    [InlineData("fd_fdstat_get", 1)]
    [InlineData("fd_filestat_get", 1)]
    [InlineData("clock_res_get", 1)]
    [InlineData("clock_time_get", 2)]
    [InlineData("random_get", 0)]
    public void WasiPointer_ThatLeavesTheMemoryIsAFault(string function, int position)
    {
        foreach (var pointer in Hostile)
        {
            long[] arguments = [Good, Good + 64, Good + 128];
            if (function.StartsWith("fd_", StringComparison.Ordinal) || function.StartsWith("clock_", StringComparison.Ordinal))
            {
                arguments[0] = 0;
            }
            arguments[position] = pointer;
            Assert.Equal(Fault, new Probe().Call(function, arguments).CommandAnswers()[0].Result);
        }
    }

    [Theory]
    [InlineData("fd_read", 0)]
    [InlineData("fd_write", 1)]
    [InlineData("fd_write", 2)]
    public void WasiBuffers_AreAllCheckedBeforeAByteMoves(string function, int descriptor)
    {
        foreach (var pointer in Hostile)
        {
            var bad = (uint)pointer;
            var probe = new Probe()
                .Poke(Good, Good + 256, 4, bad, 16)
                .Call(function, descriptor, bad, 1, Good + 128)
                .Call(function, descriptor, Good, 2, Good + 128)
                .Call(function, descriptor, Good, 1, bad)
                .Peek(Good + 256, 4);
            var result = probe.RunAsCommand(Guest.Invocation("text of the input"));
            var answers = probe.AnswersOf(result);
            Assert.Equal([Fault, Fault, Fault], answers[..3].Select(answer => answer.Result));
            Assert.Equal(0u, answers[3].U32);
            Assert.Equal(0, result.Log.Length);
        }
    }

    [Fact]
    public void WasiBufferLength_IsUnsigned()
    {
        var answers = new Probe()
            .Poke(Good, Good, 0xffffffff)
            .Call("fd_write", 1, Good, 1, Good + 128)
            .Call("fd_read", 0, Good, 1, Good + 128)
            .Call("fd_write", 1, Good, 0xffffffff, Good + 128)
            .Call("random_get", Good, 0xffffffff)
            .CommandAnswers();
        Assert.Equal([Fault, Fault, 28, Fault], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void Poll_ChecksAllThreePlaces()
    {
        foreach (var pointer in Hostile)
        {
            var answers = new Probe()
                .Call("poll_oneoff", pointer, Good, 1, Good + 128)
                .Call("poll_oneoff", Good, pointer, 1, Good + 128)
                .Call("poll_oneoff", Good, Good + 64, 1, pointer)
                .CommandAnswers();
            Assert.All(answers, answer => Assert.Equal(Fault, answer.Result));
        }
    }

    [Theory]
    [InlineData("onvm_blob_exists")]
    [InlineData("onvm_blob_len")]
    [InlineData("onvm_blob_hash")]
    [InlineData("onvm_blob_read")]
    [InlineData("onvm_state_put")]
    [InlineData("onvm_state_get")]
    [InlineData("onvm_state_exists")]
    [InlineData("onvm_state_len")]
    [InlineData("onvm_state_del")]
    [InlineData("onvm_state_list")]
    public void OnvmKey_ThatLeavesTheMemoryIsABadPointer(string function)
    {
        foreach (var pointer in Hostile)
        {
            Assert.Equal(BadPointer, new Probe().Call(function, pointer, 64, Good, 8).CommandAnswers()[0].Result);
        }
        Assert.Equal(BadPointer, new Probe().Call(function, Good, -1, Good, 8).CommandAnswers()[0].Result);
        Assert.Equal(BadPointer, new Probe().Call(function, Good, 0x80000000, Good, 8).CommandAnswers()[0].Result);
    }

    [Fact]
    public void OnvmPlaces_ThatLeaveTheMemoryHaveTheirOwnCodes()
    {
        var blobs = new MapBlobs();
        var id = blobs.Add("the blob"u8.ToArray());
        foreach (var pointer in Hostile)
        {
            var answers = new Probe()
                .Poke(Good, System.Text.Encoding.ASCII.GetBytes(id.Value.ToString()))
                .Call("onvm_state_put", Good, 1, Good, 8)
                .Call("onvm_state_put", Good, 1, pointer, 8)
                .Call("onvm_state_get", Good, 1, pointer, 8)
                .Call("onvm_state_list", Good, 0, pointer, 8)
                .Call("onvm_state_root", pointer)
                .Call("onvm_blob_hash", Good, 64, pointer)
                .Call("onvm_blob_read", Good, 64, pointer, 8)
                .Call("onvm_log", 1, pointer, 8)
                .Call("onvm_random_bytes", pointer, 8)
                .Call("onvm_random_bytes", Good, -1)
                .Call("onvm_crypto_hash", 1, pointer, 8, Good, 32)
                .Call("onvm_crypto_hash", 2, Good, 8, pointer, 32)
                .Call("onvm_crypto_secp256k1_verify", pointer, Good, Good)
                .Call("onvm_crypto_secp256k1_verify", Good, pointer, Good)
                .Call("onvm_crypto_secp256k1_verify", Good, Good, pointer)
                .Call("onvm_crypto_secp256k1_recover", Good, Good, pointer)
                .CommandAnswers(Guest.Invocation() with { Blobs = blobs });
            Assert.Equal([0L, -3, -4, -4, -3, -4, -8, -2, -3, -2, -2, -4, -2, -2, -2, -2], answers.Select(answer => answer.Result));
        }
    }

    [Fact]
    public void EmptyRange_AtTheMemorysEndIsInside()
    {
        var answers = new Probe()
            .Call("random_get", Probe.End, 0)
            .Call("random_get", Probe.End + 1, 0)
            .Call("onvm_state_exists", Probe.End, 0)
            .Call("random_get", Probe.End - 8, 8)
            .CommandAnswers();
        Assert.Equal([0L, Fault, 0, 0], answers.Select(answer => answer.Result));
    }
}
