namespace Marketplace.Storage;

/// <summary>How far a move is: what it does, and of how many bytes, where that is known.</summary>
public readonly record struct MoveProgress(string Step, long BytesDone, long? BytesTotal);
