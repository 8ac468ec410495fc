using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A grain's state as its events make it. An event is applied and its bytes are queued in one piece of code without an await. Events that
/// are decided during an append go with the next one, so such grains are reentrant. After a failed append the memory is ahead of the log:
/// every call is refused, and the activation goes. Used within the turns of one activation.
/// </summary>
/// <param name="form">How it is kept.</param>
/// <param name="id">Whose it is.</param>
/// <param name="log">Has the events.</param>
/// <param name="documents">Has the snapshots.</param>
/// <param name="events">What the grain does when something ends.</param>
internal sealed class EventedState<TState, TEvent>(
    EventedForm<TState, TEvent> form,
    string id,
    IEventLog log,
    IDocumentStore documents,
    EventedEnds events
)
    where TState : class
{
    private readonly string _stream = form.StreamOf(id);
    private TState _state = null!;
    private EventJournal _journal = null!;
    private Snapshots _snapshots = null!;
    private long _eventBytes;
    private bool _snapshotting;

    /// <summary>The version at which this activation began.</summary>
    public long FoundVersion { get; private set; }

    /// <inheritdoc cref="EventJournal.Version"/>
    public long Version => _journal.Version;

    /// <summary>Set once an append has failed.</summary>
    public Exception? Failure => _journal.Failure;

    /// <summary>Reads the state, which the caller shares: every event changes it.</summary>
    public async Task<TState> Load(CancellationToken cancellation)
    {
        var found = await form.Load(log, documents, id, cancellation);
        (_state, _eventBytes, _snapshots) = (found.State, found.EventBytes, found.Snapshots);
        FoundVersion = found.Version;
        _journal = new EventJournal(log, _stream, found.Version);
        return found.State;
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.Unavailable"/>: an append has failed.</exception>
    public void RequireSound()
    {
        if (_journal.Failure is null)
        {
            return;
        }
        events.Leave();
        throw new MarketException(
            ErrorCode.Unavailable,
            $"'{_stream}' is being read again after a failed write; this call changed nothing. Send it again."
        );
    }

    /// <summary>Applies and appends; completes when the event, and so all before it, is durable.</summary>
    public Task Append(TEvent happened) => AwaitDurable(Enqueue(happened));

    /// <summary>Applies and appends what goes before the next event, whose completion tells of it as well.</summary>
    public void Prepend(TEvent happened) => _ = Enqueue(happened);

    /// <summary>Applies an event whose loss in a crash changes nothing; it is stored with the next one.</summary>
    public void Defer(TEvent happened)
    {
        form.Apply(_state, happened);
        _journal.Defer(form.Write(happened));
    }

    /// <inheritdoc cref="EventJournal.Settled"/>
    public Task Settled() => _journal.Settled();

    /// <inheritdoc cref="EventJournal.RequireNewest"/>
    public Task RequireNewest() => EndIfFailed(_journal.RequireNewest());

    /// <inheritdoc cref="EventJournal.FlushDeferred"/>
    public Task FlushDeferred() => EndIfFailed(_journal.FlushDeferred());

    private Task Enqueue(TEvent happened)
    {
        form.Apply(_state, happened);
        var bytes = form.Write(happened);
        _eventBytes += bytes.Length;
        return _journal.Append(bytes);
    }

    private async Task AwaitDurable(Task durable)
    {
        await EndIfFailed(durable);
        if (_eventBytes >= Math.Max(SnapshotPolicy.EventBytesMin, _snapshots.Size) && !_snapshotting)
        {
            _ = SaveSnapshot();
        }
    }

    /// <summary>
    /// The activation ends here and not only where a call fails: an append in the background has no caller whose failure would end it.
    /// </summary>
    private async Task EndIfFailed(Task durable)
    {
        try
        {
            await durable;
        }
        catch (Exception failure)
        {
            // A failed read of the log says nothing about what is in memory.
            if (_journal.Failure is not null)
            {
                events.AppendFailed(failure);
                events.Leave();
            }

            throw;
        }
    }

    /// <summary>Not awaited by any call: without it the next activation reads more events, nothing else.</summary>
    private async Task SaveSnapshot()
    {
        _snapshotting = true;
        try
        {
            // The bytes hold events that are on their way to the log. Only when these are durable is the snapshot written.
            var bytes = form.Fold(_state);
            var durable = _journal.Settled();
            _eventBytes = 0;
            var version = _journal.VersionWhenSettled;
            await durable;
            await _snapshots.Save(bytes, version);
        }
        catch (Exception failure)
        {
            events.SnapshotFailed(failure);
        }
        finally
        {
            _snapshotting = false;
        }
    }
}

/// <summary>What a grain does when something of its <see cref="EventedState{TState,TEvent}"/> has ended.</summary>
/// <param name="Leave">Ends the activation.</param>
/// <param name="AppendFailed">Says so; the activation leaves.</param>
/// <param name="SnapshotFailed">Says so; the next one is tried later.</param>
internal sealed record EventedEnds(Action Leave, Action<Exception> AppendFailed, Action<Exception> SnapshotFailed);
