using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// What a run in a child asks of its parent, answered from the invocation's state and blobs. Where these throw the child gets no answer,
/// and the run's end tells what they threw.
/// </summary>
internal sealed class GuestQuestions(FrameWriter answers, long run, GuestInvocation invocation)
{
    private readonly long _asksMax = IsolationPolicy.AsksMax(invocation.Limits.FuelMax);
    private long _asks;
    private Exception? _unanswered;
    private bool _hasResult = true;

    /// <exception cref="FrameException">No engine asks this now.</exception>
    public void Answer(Frame question)
    {
        if (++_asks > _asksMax)
        {
            throw new FrameException($"More than {_asksMax} questions, which is all that the fuel pays for.");
        }
        if (_unanswered is not null)
        {
            throw new FrameException("A question of a run that is over.");
        }
        try
        {
            WriteAnswer(question);
        }
        catch (FrameException)
        {
            throw;
        }
        catch (Exception failure)
        {
            _unanswered = failure;
            // A run that is cancelled has a result, as it has where the guest's own loop was stopped.
            _hasResult = failure is OperationCanceledException && invocation.Cancellation.IsCancellationRequested;
            answers.Begin(FrameKind.NoAnswer);
            answers.Flag(_hasResult);
        }
        answers.Send();
    }

    /// <summary>A result counts only where the run got all that it asked for, or was cancelled.</summary>
    /// <exception cref="FrameException">The run has none.</exception>
    public void RequireAnswered()
    {
        if (!_hasResult)
        {
            throw new FrameException("A result of a run that got no answer.");
        }
    }

    /// <returns>What a view threw, inside; where all questions were answered, that the child is wrong.</returns>
    public Exception Unanswered() =>
        _unanswered is null
            ? new FrameException($"Run {run} is abandoned, and all that it asked was answered.")
            : new UnansweredException(_unanswered);

    private void WriteAnswer(Frame question)
    {
        var reader = new PayloadReader(question.Payload);
        switch (question.Kind)
        {
            case FrameKind.AskState:
                Answer(State.TryGet(reader.Rest(), out var value), value);
                break;
            case FrameKind.AskList:
                AnswerKeys(State.List(reader.Rest()));
                break;
            case FrameKind.AskRoot:
                var writes = ResultCodec.ReadWrites(ref reader);
                reader.End();
                var root = State.RootWith(writes);
                answers.Begin(FrameKind.Answer);
                answers.Fixed(root.Value);
                break;
            case FrameKind.AskBlobSize:
                var size = Blobs.Length(ReadBlob(ref reader));
                answers.Begin(FrameKind.Answer);
                answers.Flag(size is not null);
                answers.Long(size ?? 0);
                break;
            case FrameKind.AskBlob:
                var content = ReadWhole(ReadBlob(ref reader));
                Answer(content is not null, content);
                break;
            default:
                throw new FrameException($"A frame {question.Kind} where a run goes on.");
        }
    }

    private IGuestState State => invocation.State ?? throw new FrameException("A question about state, which the run does not have.");

    private IGuestBlobs Blobs => invocation.Blobs ?? throw new FrameException("A question about blobs, which the run does not have.");

    private static BlobId ReadBlob(ref PayloadReader reader)
    {
        var id = new BlobId(reader.Fixed());
        reader.End();
        return id;
    }

    private byte[]? ReadWhole(BlobId id)
    {
        if (Blobs.Length(id) is not { } size)
        {
            return null;
        }
        if (size > GuestPolicy.BlobBytesMax)
        {
            throw new FrameException($"A blob of {size} bytes; a run reads at most {GuestPolicy.BlobBytesMax}.");
        }
        var bytes = new byte[size];
        return Blobs.TryRead(id, bytes) ? bytes : null;
    }

    /// <summary>
    /// Not as one value that may be null: a null array becomes empty memory by itself, which is something else than none.
    /// </summary>
    private void Answer(bool isThere, ReadOnlyMemory<byte> value)
    {
        answers.Begin(FrameKind.Answer);
        answers.Flag(isThere);
        answers.Rest(isThere ? value : default);
    }

    private void AnswerKeys(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        answers.Begin(FrameKind.Answer);
        answers.Int(keys.Count);
        foreach (var key in keys)
        {
            answers.Bytes(key);
        }
    }
}

/// <summary>Carries what a view of the parent threw out of the exchange with the child, which is not at fault.</summary>
internal sealed class UnansweredException(Exception cause) : Exception(cause.Message, cause);
