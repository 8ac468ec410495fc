using System.Buffers.Binary;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Worker.Isolation;

namespace Marketplace.Tests.Worker;

/// <summary>A child says what it likes. Its parent takes only what the engine could have said, and ends every other child.</summary>
public sealed class HostileChildTests
{
    private const long Fuel = 1_000_000;

    private static readonly byte[] Loaded = Frames.Of(FrameKind.Loaded);

    private static readonly GuestResult Honest = new()
    {
        Outcome = GuestOutcome.Completed,
        ExitCode = 0,
        FuelUsed = 5,
        Output = new byte[] { 1, 2, 3 },
        Log = new byte[] { 4 },
        Files = [new GuestFile("a", new byte[] { 5 }), new GuestFile("b", new byte[] { 6 })],
        StateWrites = [new StateWrite(new byte[] { 1 }, new byte[] { 2 }), new StateWrite(new byte[] { 2 }, null)],
    };

    public static TheoryData<string, GuestResult> Lies =>
        new()
        {
            { "fuel below zero", Honest with { FuelUsed = -1 } },
            { "more fuel than there was", Honest with { FuelUsed = Fuel + 1 } },
            { "outcome", Honest with { Outcome = (GuestOutcome)200 } },
            { "out of fuel with fuel left", Ended(GuestOutcome.OutOfFuel) with { FuelUsed = Fuel - 1 } },
            { "cancelled by itself", Ended(GuestOutcome.Cancelled) },
            { "completed with a code", Honest with { ExitCode = 1 } },
            { "completed without a code", Honest with { ExitCode = null } },
            { "completed with a reason", Honest with { Reason = "why not" } },
            { "trapped without a reason", Ended(GuestOutcome.Trapped) with { Reason = null } },
            { "trapped with a code", Ended(GuestOutcome.Trapped) with { ExitCode = 0 } },
            { "output of a trap", Ended(GuestOutcome.Trapped) with { Output = new byte[1] } },
            { "files of a trap", Ended(GuestOutcome.Trapped) with { Files = Honest.Files } },
            { "state of a failure", Ended(GuestOutcome.Failed) with { StateWrites = Honest.StateWrites } },
            { "output over the limit", Honest with { Output = new byte[101] } },
            { "log over the limit", Honest with { Log = new byte[51] } },
            { "files out of order", Honest with { Files = [.. Honest.Files.Reverse()] } },
            { "a file twice", Honest with { Files = [Honest.Files[0], Honest.Files[0]] } },
            { "a path above", Honest with { Files = [new GuestFile("../a", default)] } },
            { "an absolute path", Honest with { Files = [new GuestFile("/a", default)] } },
            { "too many files", Honest with { Files = [.. Enumerable.Range(0, 65).Select(i => new GuestFile($"{i:d3}", default))] } },
            { "keys out of order", Honest with { StateWrites = [.. Honest.StateWrites.Reverse()] } },
            { "a key twice", Honest with { StateWrites = [Honest.StateWrites[0], Honest.StateWrites[0]] } },
            { "a long key", Honest with { StateWrites = [new StateWrite(new byte[GuestPolicy.StateKeyBytesMax + 1], null)] } },
            { "a long reason", Ended(GuestOutcome.Trapped) with { Reason = new string('r', 100) } },
        };

    [Theory, MemberData(nameof(Lies))]
    public void ResultThatTheEngineDoesNotGive_EndsTheChild(string lie, GuestResult result)
    {
        var bytes = Frames.Written(frame => ResultCodec.Write(frame, 1, result));
        if (lie == "a long reason")
        {
            // The child's own side would cut it, so the length says more than there is.
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Frame.HeaderBytes + 9), IsolationPolicy.TextBytesMax + 1);
        }
        AssertEnds(Answering(bytes));
    }

    [Fact]
    public void HonestResult_IsTaken()
    {
        var child = Answering(Frames.Written(frame => ResultCodec.Write(frame, 1, Honest)));
        using var parent = Opened(child);
        var result = parent.Run(Invocation());
        Assert.Equal(
            (GuestOutcome.Completed, 5L, "a b"),
            (result.Outcome, result.FuelUsed, string.Join(' ', result.Files.Select(f => f.Path)))
        );
        Assert.Equal([1, 2, 3], result.Output.ToArray());
        Assert.True(parent.IsUsable);
    }

    [Fact]
    public void StateWritesOfARunWithoutState_EndTheChild()
    {
        var bytes = Frames.Written(frame => ResultCodec.Write(frame, 1, Honest));
        AssertEnds(Answering(bytes), Invocation() with { State = null });
    }

    public static TheoryData<string, byte[]> BadFrames =>
        new()
        {
            { "no such kind", [0, 0, 0, 0, 99] },
            { "a kind of the parent", Frames.Of(FrameKind.Run) },
            { "a size below zero", [255, 255, 255, 255, (byte)FrameKind.Result] },
            { "a result larger than all", Sized(FrameKind.Result, IsolationPolicy.ResultBytesMax + 1) },
            { "a question larger than all", Sized(FrameKind.AskState, GuestPolicy.StateKeyBytesMax + 1) },
            { "a list larger than all", Sized(FrameKind.AskList, GuestPolicy.StateKeyBytesMax + 1) },
            { "writes larger than all", Sized(FrameKind.AskRoot, IsolationPolicy.AskBytesMax + 1) },
            { "a failure larger than all", Sized(FrameKind.Failed, IsolationPolicy.TextBytesMax + 1000) },
            { "a blob's id too long", Frames.Of(FrameKind.AskBlob, frame => frame.Rest(new byte[33])) },
            { "a blob's id too short", Frames.Of(FrameKind.AskBlobSize, frame => frame.Rest(new byte[31])) },
            { "ready again", Frames.Of(FrameKind.Ready, frame => frame.Text("")) },
            { "loaded again", Frames.Of(FrameKind.Loaded) },
            {
                "news that nothing asked for",
                Frames.Of(
                    FrameKind.Progress,
                    frame =>
                    {
                        frame.Long(1);
                        frame.Long(5);
                    }
                )
            },
            { "abandoned for nothing", Frames.Of(FrameKind.Abandoned) },
            { "a failure without words", Frames.Of(FrameKind.Failed, frame => frame.Text(null)) },
            { "words that are no UTF-8", Frames.Of(FrameKind.Failed, frame => frame.Bytes(new byte[] { 0xFF })) },
            {
                "words and more",
                Frames.Of(
                    FrameKind.Failed,
                    frame =>
                    {
                        frame.Text("a");
                        frame.Byte(0);
                    }
                )
            },
            { "another run's result", Frames.Written(frame => ResultCodec.Write(frame, 2, Honest)) },
            { "half a frame", Frames.Written(frame => ResultCodec.Write(frame, 1, Honest))[..^1] },
            { "writes out of order", Frames.Of(FrameKind.AskRoot, f => ResultCodec.WriteWrites(f, [.. Honest.StateWrites.Reverse()])) },
        };

    [Theory, MemberData(nameof(BadFrames))]
    public void FrameThatNoChildSends_EndsIt(string lie, byte[] bytes)
    {
        Assert.NotEmpty(lie);
        AssertEnds(new FakeChild(kind => kind == FrameKind.Load ? Loaded : bytes, runsOnce: true));
    }

    [Fact]
    public void ChildThatEndsInsteadOfAnswering_IsAFault() => AssertEnds(new FakeChild(kind => kind == FrameKind.Load ? Loaded : null));

    [Fact]
    public void QuestionsBeyondWhatTheFuelPaysFor_EndTheChild()
    {
        var questions = 0;
        var ask = Frames.Of(FrameKind.AskState, frame => frame.Rest(new byte[1]));
        AssertEnds(
            new FakeChild(kind =>
            {
                questions += kind == FrameKind.Load ? 0 : 1;
                return kind == FrameKind.Load ? Loaded : ask;
            })
        );
        Assert.Equal(IsolationPolicy.AsksMax(Fuel) + 1, questions);
    }

    /// <param name="run">That the child speaks of.</param>
    /// <param name="fuel">That it claims.</param>
    /// <param name="isTaken">Whether an engine could have said so.</param>
    [Theory]
    [InlineData(1, Fuel, true)]
    [InlineData(1, Fuel + 1, false)]
    [InlineData(1, -1, false)]
    [InlineData(2, 5, false)]
    public void NewsOfARun_MustBePossible(long run, long fuel, bool isTaken)
    {
        var progress = new GuestProgress();
        var news = Frames.Of(
            FrameKind.Progress,
            frame =>
            {
                frame.Long(run);
                frame.Long(fuel);
            }
        );
        var result = Frames.Written(frame => ResultCodec.Write(frame, 1, Honest));
        var child = new FakeChild(kind =>
        {
            if (kind == FrameKind.Load)
            {
                return Loaded;
            }
            progress.Ask!();
            return [.. news, .. result];
        });
        if (!isTaken)
        {
            AssertEnds(child, Invocation() with { Progress = progress });
            Assert.Equal(0, progress.FuelUsed);
            return;
        }
        using var parent = Opened(child);
        Assert.Equal(GuestOutcome.Completed, parent.Run(Invocation() with { Progress = progress }).Outcome);
        Assert.Equal(fuel, progress.FuelUsed);
        Assert.Null(progress.Ask);
        Assert.Equal([-1], child.Cancelled);
    }

    [Fact]
    public void ResultOfARunThatGotNoAnswer_EndsTheChildAndTheCauseIsLost()
    {
        var ask = Frames.Of(FrameKind.AskState, frame => frame.Rest(new byte[1]));
        var result = Frames.Written(frame => ResultCodec.Write(frame, 1, Honest));
        var child = new FakeChild(kind =>
            kind switch
            {
                FrameKind.Load => Loaded,
                FrameKind.Run => ask,
                _ => result,
            }
        );
        AssertEnds(child, Invocation() with { State = new NoState() });
    }

    [Fact]
    public void FrameThatNothingAskedFor_EndsTheChildBeforeTheNextRun()
    {
        var result = Frames.Written(frame => ResultCodec.Write(frame, 1, Honest));
        var next = Frames.Written(frame => ResultCodec.Write(frame, 2, Honest));
        var child = Answering([.. result, .. next]);
        using var parent = Opened(child);
        parent.Run(Invocation());
        Assert.Throws<ChildFaultException>(() => parent.Run(Invocation()));
        Assert.True(child.WasKilled);
    }

    [Fact]
    public void ChildStartedAhead_WaitsForItsFirstRunForAnyTime()
    {
        var time = new ManualTime();
        var child = Answering([]);
        using var parent = new GuestChild(child, time);

        time.Advance(2 * IsolationPolicy.StartTimeMax);
        parent.AwaitReady();
        parent.Load(default, []);

        Assert.False(child.WasKilled);
        Assert.True(parent.IsUsable);
    }

    [Fact]
    public void ChildThatDoesNotAnswerInTime_IsEndedAtTheLimitAndNotBefore()
    {
        var time = new ManualTime();
        using var asked = new ManualResetEventSlim();
        using var over = new ManualResetEventSlim();
        var child = new FakeChild(kind =>
        {
            if (kind == FrameKind.Load)
            {
                return Loaded;
            }
            asked.Set();
            over.Wait();
            return null;
        });
        var parent = new GuestChild(child, time);
        parent.AwaitReady();
        parent.Load(default, []);
        var run = Task.Run(() => parent.Run(Invocation()));
        asked.Wait(TestContext.Current.CancellationToken);

        time.Advance(IsolationPolicy.RunLimit(Invocation().Limits.TimeMax) - TimeSpan.FromTicks(1));
        Assert.False(child.WasKilled);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(child.WasKilled);
        over.Set();
        var fault = Assert.Throws<ChildFaultException>(() => run.GetAwaiter().GetResult());
        Assert.Contains("in time", fault.Message);
        parent.Dispose();
    }

    [Fact]
    public void MutatedFrames_AreTakenAsSomethingThatTheEngineSaysOrEndTheChild()
    {
        var honest = Frames.Written(frame => ResultCodec.Write(frame, 1, Honest));
        var random = new Random(20261122);
        var taken = 0;
        for (var round = 0; round < 1000; round++)
        {
            var bytes = honest.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(4) switch
                {
                    0 => 0,
                    1 => 255,
                    2 => (byte)random.Next(8),
                    _ => (byte)random.Next(256),
                };
            }
            using var child = new FakeChild(kind => kind == FrameKind.Load ? Loaded : bytes, runsOnce: true);
            using var parent = Opened(child);
            try
            {
                var result = parent.Run(Invocation());
                taken++;
                Assert.InRange(result.FuelUsed, 0, Fuel);
                Assert.InRange(result.Output.Length, 0, 100);
                Assert.All(result.Files, file => Assert.True(GuestFile.IsName(file.Path)));
            }
            catch (Exception fault) when (fault is ChildFaultException or GuestFailedException)
            {
                Assert.True(fault is GuestFailedException || !parent.IsUsable);
            }
        }
        Assert.InRange(taken, 1, 999);
    }

    private static GuestResult Ended(GuestOutcome outcome) =>
        new()
        {
            Outcome = outcome,
            Reason = "because",
            FuelUsed = outcome == GuestOutcome.OutOfFuel ? Fuel : 5,
        };

    private static byte[] Sized(FrameKind kind, int size)
    {
        var header = new byte[Frame.HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, size);
        header[sizeof(int)] = (byte)kind;
        return header;
    }

    private static FakeChild Answering(byte[] bytes) => new(kind => kind == FrameKind.Load ? Loaded : bytes);

    private static GuestChild Opened(FakeChild child)
    {
        var parent = new GuestChild(child, TimeProvider.System);
        parent.AwaitReady();
        parent.Load(default, []);
        return parent;
    }

    private static void AssertEnds(FakeChild child, GuestInvocation? invocation = null)
    {
        using var parent = Opened(child);
        Assert.Throws<ChildFaultException>(() => parent.Run(invocation ?? Invocation()));
        Assert.True(child.WasKilled);
        Assert.False(parent.IsUsable);
        Assert.NotNull(parent.Fault);
    }

    private static GuestInvocation Invocation() =>
        new()
        {
            Now = DateTimeOffset.UnixEpoch,
            Seed = default,
            State = new EmptyState(),
            Blobs = new NoBlobs(),
            Limits = new GuestLimits(Fuel, MemoryPagesMax: 1, TimeSpan.FromMinutes(1), OutputBytesMax: 100, LogBytesMax: 50),
        };

    private sealed class EmptyState : IGuestState
    {
        public bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value)
        {
            value = default;
            return false;
        }

        public IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix) => [];

        public StateRoot RootWith(IReadOnlyList<StateWrite> writes) => default;
    }

    private sealed class NoState : IGuestState
    {
        public bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value) => throw new TimeoutException("The market is away.");

        public IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix) => throw new TimeoutException("The market is away.");

        public StateRoot RootWith(IReadOnlyList<StateWrite> writes) => throw new TimeoutException("The market is away.");
    }

    private sealed class NoBlobs : IGuestBlobs
    {
        public long? Length(BlobId id) => null;

        public bool TryRead(BlobId id, Span<byte> destination) => false;
    }
}
