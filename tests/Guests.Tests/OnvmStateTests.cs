using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.Testing;

namespace Marketplace.Guests.Tests;

public sealed class OnvmStateTests
{
    private const uint A = Probe.Scratch;
    private const uint B = Probe.Scratch + 16;
    private const uint Value = Probe.Scratch + 32;
    private const uint Out = Probe.Scratch + 0x1000;

    [Fact]
    public void Read_SeesTheRunsOwnWritesOverTheState()
    {
        var state = new MapState();
        state.Apply([Write("a", "old"), Write("b", "other")]);
        var answers = Keys()
            .Call("onvm_state_get", A, 1, Out, 100)
            .Peek(Out, 3)
            .Call("onvm_state_put", A, 1, Value, 5)
            .Call("onvm_state_get", A, 1, Out, 100)
            .Peek(Out, 5)
            .Call("onvm_state_len", A, 1)
            .Call("onvm_state_exists", A, 1)
            .Call("onvm_state_del", B, 1)
            .Call("onvm_state_get", B, 1, Out, 100)
            .Call("onvm_state_len", B, 1)
            .Call("onvm_state_exists", B, 1)
            .OnvmAnswers(Guest.Invocation() with { State = state });
        Assert.Equal("old", answers[1].Text);
        Assert.Equal((5L, "value"), (answers[3].Result, answers[4].Text));
        Assert.Equal([5L, 1, 0, 0, -1, 0], answers[5..].Select(answer => answer.Result));
    }

    [Fact]
    public void Writes_ComeSortedOneForEachKeyAndOnlyWithSuccess()
    {
        var result = Keys()
            .Call("onvm_state_put", B, 1, Value, 5)
            .Call("onvm_state_put", A, 1, Value, 1)
            .Call("onvm_state_put", A, 1, Value, 2)
            .Call("onvm_state_put", A, 0, Value, 0)
            .Call("onvm_state_del", B, 1)
            .RunAsOnvm();
        Assert.Equal(["=", "a=va", "b deleted"], result.MustEndAs(GuestOutcome.Completed).StateWrites.Select(Show));

        var trapped = Guest.RunFixture("state_then_trap", Guest.Invocation()).MustEndAs(GuestOutcome.Trapped);
        Assert.Empty(trapped.StateWrites);
        Assert.Empty(trapped.Output.ToArray());
    }

    [Fact]
    public void Get_OfAValueThatDoesNotFitSaysItsSize()
    {
        var answers = Keys()
            .Call("onvm_state_put", A, 1, Value, 5)
            .Call("onvm_state_get", A, 1, Out, 4)
            .Peek(Out, 4)
            .Call("onvm_state_get", A, 1, Out, 5)
            .OnvmAnswers();
        Assert.Equal(-5, answers[1].Result);
        Assert.Equal(0u, answers[2].U32);
        Assert.Equal(5, answers[3].Result);
    }

    [Fact]
    public void List_MergesWritesInOrderUnderAPrefix()
    {
        var state = new MapState();
        state.Apply([Write("k1", "x"), Write("k3", "x"), Write("z", "x")]);
        var answers = new Probe()
            .Poke(A, "k2k1k"u8)
            .Call("onvm_state_put", A, 2, A, 1)
            .Call("onvm_state_del", A + 2, 2)
            .Call("onvm_state_list", A + 4, 1, Out, 11)
            .Call("onvm_state_list", A + 4, 1, Out, 12)
            .Peek(Out, 12)
            .Call("onvm_state_list", A, 0, Out, 100)
            .Peek(Out + 12, 5)
            .OnvmAnswers(Guest.Invocation() with { State = state });
        Assert.Equal([-12L, 12], answers[2..4].Select(answer => answer.Result));
        Assert.Equal("020000006b32" + "020000006b33", answers[4].Hex);
        Assert.Equal(17, answers[5].Result);
        Assert.Equal("010000007a", answers[6].Hex);
    }

    [Fact]
    public void Root_IsThatOfTheStateWithThePendingWrites()
    {
        var state = new MapState();
        state.Apply([Write("b", "kept")]);
        var answers = Keys()
            .Call("onvm_state_root", Out)
            .Peek(Out, 32)
            .Call("onvm_state_put", A, 1, Value, 5)
            .Call("onvm_state_root", Out)
            .Peek(Out, 32)
            .OnvmAnswers(Guest.Invocation() with { State = state });
        Assert.Equal(state.RootWith([]).ToString(), answers[1].Hex);
        Assert.Equal(state.RootWith([Write("a", "value")]).ToString(), answers[4].Hex);
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.StateKeyBytesMax))]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.StateValueBytesMax))]
    public void Key_AndValueAreBoundAtTheirLimitsAndNotBelow()
    {
        var answers = new Probe()
            .Call("onvm_state_put", A, GuestPolicy.StateKeyBytesMax, A, 1)
            .Call("onvm_state_put", A, GuestPolicy.StateKeyBytesMax + 1, A, 1)
            .Call("onvm_state_get", A, GuestPolicy.StateKeyBytesMax + 1, A, 1)
            .Call("onvm_state_del", A, GuestPolicy.StateKeyBytesMax + 1)
            .Call("onvm_state_put", A, GuestPolicy.StateKeyBytesMax, 0, GuestPolicy.StateValueBytesMax)
            .Call("onvm_state_put", A, 1, 0, GuestPolicy.StateValueBytesMax + 1)
            .OnvmAnswers();
        Assert.Equal([0L, -2, -2, -2, 0, -3], answers.Select(answer => answer.Result));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.StateWriteBytesMax))]
    public void Writes_AreBoundInTheirSum()
    {
        // The largest value under the longest key fits, and not one byte more, also of a key that is only deleted; what was written may
        // shrink.
        const int Key = GuestPolicy.StateKeyBytesMax;
        var answers = new Probe()
            .Call("onvm_state_put", A, Key, 0, GuestPolicy.StateValueBytesMax)
            .Call("onvm_state_put", A, 1, 0, 0)
            .Call("onvm_state_del", A, 1)
            .Call("onvm_state_put", A, 0, 0, 0)
            .Call("onvm_state_put", A, Key, 0, 1)
            .Call("onvm_state_put", A, 1, 0, GuestPolicy.StateValueBytesMax - 1)
            .Call("onvm_state_put", A, 1, 0, GuestPolicy.StateValueBytesMax - 2)
            .Call("onvm_state_put", A, 2, 0, 0)
            .OnvmAnswers();
        Assert.Equal([0L, -4, -4, 0, 0, -4, 0, -4], answers.Select(answer => answer.Result));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.StateWritesMax))]
    public void Writes_AreBoundInTheirNumber()
    {
        var probe = new Probe();
        for (var i = 0u; i <= GuestPolicy.StateWritesMax; i++)
        {
            probe.Poke(A, i).Call(i % 2 == 0 ? "onvm_state_put" : "onvm_state_del", A, 4, A, 1);
        }
        var answers = probe.Poke(A, 0u).Call("onvm_state_del", A, 4).OnvmAnswers();
        Assert.All(answers[..GuestPolicy.StateWritesMax], answer => Assert.Equal(0, answer.Result));
        Assert.Equal([-4L, 0], answers[GuestPolicy.StateWritesMax..].Select(answer => answer.Result));
    }

    [Fact]
    public void StateThatCannotBeRead_IsNotTheGuestsFault()
    {
        var thrown = Assert.Throws<IOException>(() =>
            Keys().Call("onvm_state_get", A, 1, Out, 100).RunAsOnvm(Guest.Invocation() with { State = new BrokenState() })
        );
        Assert.Equal("the disk is on fire", thrown.Message);
    }

    private static Probe Keys() => new Probe().Poke(A, "a"u8).Poke(B, "b"u8).Poke(Value, "value"u8);

    private static StateWrite Write(string key, string value) => new(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    private static string Show(StateWrite write)
    {
        var key = Encoding.UTF8.GetString(write.Key.Span);
        return write.Value is { } value ? $"{key}={Encoding.UTF8.GetString(value.Span)}" : $"{key} deleted";
    }

    private sealed class BrokenState : IGuestState
    {
        public bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value) => throw new IOException("the disk is on fire");

        public IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix) => throw new IOException("the disk is on fire");

        public StateRoot RootWith(IReadOnlyList<StateWrite> writes) => throw new IOException("the disk is on fire");
    }
}
