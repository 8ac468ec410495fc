using Orleans.Streams;

namespace Marketplace.GrainHost.Streams;

/// <summary>Counts the batches of a provider, and the items in each.</summary>
internal sealed class StreamPlace(long batch, int index) : StreamSequenceToken
{
    public override long SequenceNumber { get; protected set; } = batch;

    public override int EventIndex { get; protected set; } = index;

    public override bool Equals(StreamSequenceToken? other) => other is not null && CompareTo(other) == 0;

    public override bool Equals(object? obj) => Equals(obj as StreamSequenceToken);

    public override int GetHashCode() => HashCode.Combine(SequenceNumber, EventIndex);

    public override int CompareTo(StreamSequenceToken? other)
    {
        if (other is null)
        {
            return 1;
        }
        var byBatch = SequenceNumber.CompareTo(other.SequenceNumber);
        return byBatch != 0 ? byBatch : EventIndex.CompareTo(other.EventIndex);
    }

    public override string ToString() => $"{SequenceNumber}.{EventIndex}";
}
