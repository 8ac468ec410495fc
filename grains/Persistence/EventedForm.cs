using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// How the state of a kind of grain is kept as events: where, in which bytes, and what they mean. The same events give the same state.
/// </summary>
/// <param name="Kind">Of the streams, and of the snapshots' documents.</param>
/// <param name="Empty">Before the first event.</param>
/// <param name="Apply">Changes the state.</param>
/// <param name="Write">An event's stored form.</param>
/// <param name="Read">Reads it.</param>
/// <param name="Fold">A state's stored form, for snapshots.</param>
/// <param name="Unfold">Reads it.</param>
internal sealed record EventedForm<TState, TEvent>(
    string Kind,
    Func<TState> Empty,
    Action<TState, TEvent> Apply,
    Func<TEvent, ReadOnlyMemory<byte>> Write,
    Func<ReadOnlyMemory<byte>, TEvent> Read,
    Func<TState, ReadOnlyMemory<byte>> Fold,
    Func<ReadOnlyMemory<byte>, TState> Unfold
)
{
    public string StreamOf(string id) => $"{Kind}/{id}";

    /// <summary>The newest snapshot and what was appended after it, without the grain.</summary>
    /// <param name="log">Has the events.</param>
    /// <param name="documents">Has the snapshots.</param>
    /// <param name="id">Whose state.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="upTo">The last event that counts.</param>
    public async ValueTask<EventedCopy<TState>> Load(
        IEventLog log,
        IDocumentStore documents,
        string id,
        CancellationToken cancellation = default,
        long upTo = long.MaxValue
    )
    {
        var snapshots = new Snapshots(documents, Kind, id);
        var found =
            await snapshots.Load() is { } newest && newest.LogVersion <= upTo
                ? newest
                : ((ReadOnlyMemory<byte> Content, long LogVersion)?)null;
        var state = found is { } snapshot ? Unfold(snapshot.Content) : Empty();
        var (version, bytes) = (found?.LogVersion ?? 0, 0L);
        await log.Replay(
            StreamOf(id),
            version + 1,
            entry =>
            {
                if (entry.Version <= upTo)
                {
                    Apply(state, Read(entry.Content));
                    (version, bytes) = (entry.Version, bytes + entry.Content.Length);
                }
            },
            cancellation
        );
        return new EventedCopy<TState>(state, version, bytes, found is not null, snapshots);
    }
}

/// <summary>A state as it was read.</summary>
/// <param name="State">With all events up to the version.</param>
/// <param name="Version">Of the last event; 0: there is none.</param>
/// <param name="EventBytes">Of the events after the snapshot.</param>
/// <param name="HasSnapshot">Whether some events were read from one.</param>
/// <param name="Snapshots">Where the next one goes.</param>
internal sealed record EventedCopy<TState>(TState State, long Version, long EventBytes, bool HasSnapshot, Snapshots Snapshots);
