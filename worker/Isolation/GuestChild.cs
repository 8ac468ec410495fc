using System.Runtime.ExceptionServices;
using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// A parent's side of one child: every answer is checked, every wait has an end. The first fault ends the child. Not thread-safe.
/// </summary>
internal sealed class GuestChild : IDisposable
{
    private readonly IChildProcess _process;
    private readonly FrameReader _answers;
    private readonly FrameWriter _requests;
    private readonly ChildWatch _watch;
    private bool _isReady;
    private bool _hasFailed;
    private long _runs;

    /// <param name="process">Is the child's from here on.</param>
    public GuestChild(IChildProcess process, TimeProvider time)
    {
        _process = process;
        _answers = new FrameReader(process.Answers, IsolationPolicy.BytesMax);
        _requests = new FrameWriter(process.Requests);
        _watch = new ChildWatch(process, time);
    }

    public int ProcessId => _process.Id;

    /// <summary>What it runs; null as long as it has loaded nothing.</summary>
    public BlobId? Module { get; private set; }

    /// <summary>Runs that were begun.</summary>
    public long Runs => _runs;

    /// <summary>What the system no longer lets it do, as it says itself; null before it is ready.</summary>
    public string? GivenUp { get; private set; }

    /// <summary>False after a fault of child or engine, and where it has ended while it had nothing to do.</summary>
    public bool IsUsable => !HasFailed && _process.IsAlive;

    /// <summary>Whether it is known that it must not be used again.</summary>
    public bool HasFailed => Fault is not null || _hasFailed;

    /// <summary>Why it was ended, with its last words; null where it was not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Waits until it has started. Its time begins here: a child that was started ahead may wait long for its first run.</summary>
    /// <exception cref="ChildFaultException">It did not, in time.</exception>
    public void AwaitReady()
    {
        if (!_isReady)
        {
            _watch.Begin(IsolationPolicy.StartTimeMax);
            Guarded(() =>
            {
                var reader = new PayloadReader(Expect(FrameKind.Ready).Payload);
                GivenUp = reader.TextNotNull("what is given up", IsolationPolicy.TextBytesMax);
                reader.End();
                return 0;
            });
            _isReady = true;
        }
    }

    /// <summary>Gives it the one module that it runs from now on.</summary>
    /// <exception cref="InvalidModuleException">The module does not validate. The child has read it, and must not be used.</exception>
    /// <exception cref="ChildFaultException">The child failed.</exception>
    public void Load(BlobId module, byte[] bytes)
    {
        _watch.Begin(IsolationPolicy.LoadTimeMax);
        var refusal = Guarded(() =>
        {
            _requests.Begin(FrameKind.Load);
            _requests.Rest(bytes);
            _requests.Send();
            var answer = Next();
            var reader = new PayloadReader(answer.Payload);
            var why = answer.Kind switch
            {
                FrameKind.Loaded => null,
                FrameKind.Invalid => ReadRefusal(ref reader),
                _ => throw new FrameException($"A frame {answer.Kind} where a module was to be loaded."),
            };
            reader.End();
            return why;
        });
        if (refusal is not null)
        {
            throw refusal;
        }
        Module = module;
    }

    /// <inheritdoc cref="IOpenProgram.Run"/>
    /// <exception cref="ChildFaultException">The child failed.</exception>
    public GuestResult Run(GuestInvocation invocation)
    {
        var run = ++_runs;
        _watch.Begin(IsolationPolicy.RunLimit(invocation.Limits.TimeMax));
        return Guarded(() =>
        {
            if (_answers.HasUnread)
            {
                throw new FrameException("A frame that nothing asked for.");
            }
            var news = new ChildNews(run, invocation, () => _watch.TryAsk(run));
            using (invocation.Cancellation.UnsafeRegister(_ => _watch.Cancel(run), null))
            using (news)
            {
                InvocationCodec.Write(_requests, run, invocation);
                _requests.Send();
                return Answered(run, invocation, news);
            }
        });
    }

    public void Dispose()
    {
        _watch.Dispose();
        _process.Dispose();
    }

    private static InvalidModuleException ReadRefusal(ref PayloadReader reader)
    {
        var fault = (ModuleFault)reader.Byte();
        if (!Enum.IsDefined(fault))
        {
            throw new FrameException($"A module is refused for reason {(int)fault}, which there is not.");
        }
        return new InvalidModuleException(
            fault,
            reader.Long(),
            reader.TextNotNull("why a module is not valid", IsolationPolicy.TextBytesMax)
        );
    }

    private GuestResult Answered(long run, GuestInvocation invocation, ChildNews news)
    {
        var questions = new GuestQuestions(_requests, run, invocation);
        while (true)
        {
            var frame = Next();
            switch (frame.Kind)
            {
                case FrameKind.Result:
                    questions.RequireAnswered();
                    var result = ResultCodec.Read(frame.Payload, run, invocation);
                    // What state the engine is in now is not known.
                    _hasFailed = result.Outcome == GuestOutcome.EngineFault;
                    return result;
                case FrameKind.Progress:
                    news.Take(frame);
                    break;
                case FrameKind.Failed:
                    _hasFailed = true;
                    var reader = new PayloadReader(frame.Payload);
                    var why = reader.TextNotNull("why a run failed", IsolationPolicy.TextBytesMax);
                    reader.End();
                    throw new GuestFailedException(why);
                case FrameKind.Abandoned:
                    throw questions.Unanswered();
                default:
                    questions.Answer(frame);
                    break;
            }
        }
    }

    /// <summary>Does one exchange. Whatever goes wrong on the child's side ends it; what the parent's own views threw does not.</summary>
    private TResult Guarded<TResult>(Func<TResult> exchange)
    {
        try
        {
            var result = exchange();
            if (!_watch.TryEnd())
            {
                throw new FrameException("The child answered when its time was over.");
            }
            return result;
        }
        catch (Exception wrong) when (wrong is FrameException or IOException or UnauthorizedAccessException)
        {
            throw Broken(wrong);
        }
        catch (UnansweredException unanswered) when (_watch.TryEnd())
        {
            ExceptionDispatchInfo.Throw(unanswered.InnerException!);
            throw;
        }
        catch (GuestFailedException) when (_watch.TryEnd())
        {
            throw;
        }
        catch (Exception other)
        {
            Broken(other);
            throw;
        }
    }

    private ChildFaultException Broken(Exception wrong)
    {
        var isLate = !_watch.TryEnd();
        var end = _process.End();
        var why =
            isLate ? "did not answer in time and was ended"
            : wrong is ChildEndedException ? $"ended by itself: {end}"
            : wrong is FrameException ? $"broke the protocol and was ended: {wrong.Message}"
            : $"could not be reached: {end}";
        var words = _process.ReadLastWords();
        Fault = words.Length == 0 ? why : $"{why} Its last words: {words}";
        // Before it is ready nothing of a stranger has been in it: its words are those of the system.
        return new ChildFaultException($"The process of the guest {(_isReady ? why : Fault)}.", wrong);
    }

    private Frame Expect(FrameKind kind) =>
        Next() is var frame && frame.Kind == kind ? frame : throw new FrameException($"A frame {frame.Kind} instead of {kind}.");

    private Frame Next() => _answers.Read() ?? throw new ChildEndedException();

    private sealed class ChildEndedException() : IOException("The child closed its pipe.");
}

/// <summary>The engine in the child gave no result, and says why: a failure of this side that the child survived.</summary>
internal sealed class GuestFailedException(string message) : Exception(message);
