namespace Marketplace.Worker.Isolation;

/// <summary>
/// What parent and child say to each other. A frame is the length of its payload (4 bytes, least significant first), its kind (1 byte) and
/// the payload. One side speaks at a time: the parent loads a module or runs it, and the child answers; while it runs, the child asks, and
/// the parent answers that. Cancelling has a pipe of its own: the number of the run, 8 bytes; below zero, it asks how far that run is.
/// </summary>
internal enum FrameKind : byte
{
    /// <summary>To the child: a module, the only one that this child ever gets. Answered by Loaded or Invalid.</summary>
    Load = 1,

    /// <summary>To the child: an invocation. Answered by asks, then by Result, Failed or Abandoned.</summary>
    Run = 2,

    /// <summary>To the child: what it asked for.</summary>
    Answer = 3,

    /// <summary>To the child: there is no answer. It ends the run with Abandoned; or with a result, where the run was cancelled.</summary>
    NoAnswer = 4,

    /// <summary>From the child, once: it has given up all that it can, and what that is.</summary>
    Ready = 16,
    Loaded = 17,

    /// <summary>The module does not validate: why.</summary>
    Invalid = 18,
    Result = 19,

    /// <summary>The run has no result because this side failed: why.</summary>
    Failed = 20,

    /// <summary>The run has no result because the parent gave no answer.</summary>
    Abandoned = 21,

    /// <summary>How far the run has come, where the parent has asked: its number and its fuel. It may come between all others.</summary>
    Progress = 22,

    /// <summary>The value of a key of the program's state.</summary>
    AskState = 32,

    /// <summary>The keys with a prefix.</summary>
    AskList = 33,

    /// <summary>The root that the state would have with these writes.</summary>
    AskRoot = 34,

    /// <summary>A blob's size.</summary>
    AskBlobSize = 35,

    /// <summary>A blob's bytes.</summary>
    AskBlob = 36,
}

internal readonly record struct Frame(FrameKind Kind, byte[] Payload)
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderBytes = sizeof(int) + sizeof(byte);
}

/// <summary>The other side sent what it must not. From a child: it is not what it was.</summary>
internal sealed class FrameException(string message) : Exception(message);
