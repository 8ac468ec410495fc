using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task EightRuns_OfOneProgramDoNotSeeEachOther()
    {
        using var program = GuestProgram.Load(Guest.Sample("echo"));
        var runs = Enumerable
            .Range(0, 8)
            .Select(i =>
            {
                var input = string.Concat(Enumerable.Repeat($"run {i} ", 20_000));
                return (Input: input, Result: program.RunAsync(Guest.Invocation(input)));
            })
            .ToArray();
        foreach (var (input, result) in runs)
        {
            Assert.Equal(input.ToUpperInvariant(), (await result).MustEndAs(GuestOutcome.Completed).OutputText());
        }
    }

    [Fact]
    public async Task CancelledLoop_EndsAsCancelled()
    {
        using var program = GuestProgram.Load(Guest.Sample("faulty"));
        using var stop = new CancellationTokenSource();
        var limits = Guest.Limits with { FuelMax = long.MaxValue };
        var run = program.RunAsync(Guest.Invocation("loop") with { Limits = limits, Cancellation = stop.Token });
        await stop.CancelAsync();
        (await run).MustEndAs(GuestOutcome.Cancelled);
    }

    [Fact]
    public async Task RunningLoop_IsReachedByACancellation()
    {
        // The guest's first look at its state tells that it runs; only then is it cancelled.
        using var program = GuestProgram.Load(Guest.Fixture("state_loop"));
        using var stop = new CancellationTokenSource();
        var state = new SignallingState();
        var limits = Guest.Limits with { FuelMax = long.MaxValue };
        var run = program.RunAsync(Guest.Invocation() with { Limits = limits, State = state, Cancellation = stop.Token });
        await state.Looked.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        (await run).MustEndAs(GuestOutcome.Cancelled);
    }

    [Fact]
    public void CancelledBeforeItBegins_DoesNotRun()
    {
        using var program = GuestProgram.Load(Guest.Sample("echo"));
        var result = program.Run(Guest.Invocation("x") with { Cancellation = new CancellationToken(canceled: true) });
        Assert.Equal(0, result.MustEndAs(GuestOutcome.Cancelled).FuelUsed);
    }

    [Fact]
    public void StateThatWaits_IsCancelledWithTheRun()
    {
        using var program = GuestProgram.Load(Guest.Fixture("state_loop"));
        using var stop = new CancellationTokenSource();
        program
            .Run(Guest.Invocation() with { State = new CancellingState(stop), Cancellation = stop.Token })
            .MustEndAs(GuestOutcome.Cancelled);
    }

    [Fact]
    public async Task GuestThread_RunsItsGuestsItself()
    {
        using var program = GuestProgram.Load(Guest.Sample("echo"));
        using var threads = new GuestThreads(1);
        var invocation = Guest.Invocation("here");
        Assert.Equal("HERE", (await threads.Run(() => program.Run(invocation))).MustEndAs(GuestOutcome.Completed).OutputText());
    }

    private class SignallingState : IGuestState
    {
        public TaskCompletionSource Looked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public virtual bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value)
        {
            Looked.TrySetResult();
            value = default;
            return false;
        }

        public IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix) => [];

        public StateRoot RootWith(IReadOnlyList<StateWrite> writes) => default;
    }

    /// <summary>Cancels the run while the guest waits for it, as a broken connection would.</summary>
    private sealed class CancellingState(CancellationTokenSource stop) : SignallingState
    {
        public override bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value)
        {
            stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
            return base.TryGet(key, out value);
        }
    }
}
