using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>A child's side of the questions: state and blobs of the run that goes on, asked from the parent. One thread uses it.</summary>
internal sealed class ParentViews(FrameReader requests, FrameWriter answers, Action cancelRun) : IGuestState, IGuestBlobs
{
    public bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value)
    {
        var reader = Ask(FrameKind.AskState, key);
        var found = reader.Flag();
        value = reader.Rest();
        return found;
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix)
    {
        var reader = Ask(FrameKind.AskList, prefix);
        var keys = new ReadOnlyMemory<byte>[reader.Int()];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = reader.Bytes("state key", int.MaxValue);
        }
        return keys;
    }

    public StateRoot RootWith(IReadOnlyList<StateWrite> writes)
    {
        answers.Begin(FrameKind.AskRoot);
        ResultCodec.WriteWrites(answers, writes);
        return new StateRoot(Answer().Fixed());
    }

    public long? Length(BlobId id)
    {
        var reader = Ask(FrameKind.AskBlobSize, id.Value.ToArray());
        return reader.Flag() ? reader.Long() : null;
    }

    public bool TryRead(BlobId id, Span<byte> destination)
    {
        var reader = Ask(FrameKind.AskBlob, id.Value.ToArray());
        if (!reader.Flag())
        {
            return false;
        }
        reader.Rest().Span.CopyTo(destination);
        return true;
    }

    private PayloadReader Ask(FrameKind kind, ReadOnlyMemory<byte> question)
    {
        answers.Begin(kind);
        answers.Rest(question);
        return Answer();
    }

    private PayloadReader Answer()
    {
        answers.Send();
        var frame = requests.Read() ?? throw new FrameException("The parent is gone.");
        var reader = new PayloadReader(frame.Payload);
        if (frame.Kind == FrameKind.Answer)
        {
            return reader;
        }
        if (frame.Kind != FrameKind.NoAnswer)
        {
            throw new FrameException($"A frame {frame.Kind} instead of an answer.");
        }
        if (!reader.Flag())
        {
            throw new NoAnswerException();
        }
        cancelRun();
        throw new OperationCanceledException();
    }
}

/// <summary>The parent could not answer: the run ends without a result.</summary>
internal sealed class NoAnswerException() : Exception("The parent gave no answer.");
