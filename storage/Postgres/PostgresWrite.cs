namespace Marketplace.Storage;

internal enum PostgresWriteKind
{
    Create,
    Update,
    Delete,

    /// <summary>A delete of what the caller takes for absent: nothing to do, if the caller is right.</summary>
    StayAbsent,

    Append,
}

/// <summary>What a write changes, as one key for both primitives: a document, or, with an empty kind, a stream.</summary>
internal readonly record struct PostgresKey(string Kind, string Name) : IComparable<PostgresKey>
{
    /// <summary>The order in which every process locks, see <see cref="PostgresSession"/>.</summary>
    public int CompareTo(PostgresKey other) =>
        string.CompareOrdinal(Kind, other.Kind) is var order and not 0 ? order : string.CompareOrdinal(Name, other.Name);

    public override string ToString() => Kind.Length == 0 ? Name : new DocumentKey(Kind, Name).ToString();
}

/// <summary>A write that waits for its transaction, and the answer to its caller.</summary>
internal sealed class PostgresWrite(PostgresWriteKind what, PostgresKey key, long expected)
    : TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public PostgresWriteKind What { get; } = what;
    public PostgresKey Key { get; } = key;
    public long Expected { get; } = expected;

    /// <summary>A document's new content.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>A document's new row of the read model.</summary>
    public ListingRow? Row { get; init; }

    /// <summary>What is appended to a stream.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Entries { get; init; } = [];

    public required int Bytes { get; init; }

    /// <summary>The condition held, and the transaction is committed.</summary>
    public bool Won { get; set; }

    /// <summary>The version that the key has after the write.</summary>
    public long VersionAfter =>
        What switch
        {
            PostgresWriteKind.Delete or PostgresWriteKind.StayAbsent => 0,
            PostgresWriteKind.Append => Expected + Entries.Count,
            _ => Expected + 1,
        };

    public void Conflict(long stored) => TrySetException(new VersionConflictException(Key.ToString(), Expected, stored));
}
