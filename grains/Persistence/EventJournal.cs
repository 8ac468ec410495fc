using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Appends a grain's events. One append is under way at a time; events that are decided meanwhile go with the next one, so that a busy
/// grain shares its writes. After a failed append nothing more is appended: the grain's memory is ahead of the log and must be thrown away.
/// Used within the turns of one activation.
/// </summary>
internal sealed class EventJournal(IEventLog log, string stream, long version)
{
    /// <summary>
    /// Bytes of one append: far below what the store takes, so that recovery and other writers are never held up by one account.
    /// </summary>
    private const int AppendBytesMax = 1024 * 1024;

    private readonly Queue<(ReadOnlyMemory<byte> Entry, TaskCompletionSource Durable)> _gathered = new();
    private readonly List<ReadOnlyMemory<byte>> _deferred = [];
    private TaskCompletionSource? _last;
    private long _assigned = version;
    private bool _appending;

    /// <summary>The version of the last durable entry.</summary>
    public long Version { get; private set; } = version;

    /// <summary>The version of the last entry that was appended, durable or not.</summary>
    public long VersionWhenSettled => _assigned;

    /// <summary>Set once an append has failed: lost to another activation, or of unknown outcome.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Completes when the entry is durable. Entries become durable in the order of the calls.</summary>
    public Task Append(ReadOnlyMemory<byte> entry)
    {
        if (Failure is not null)
        {
            return Task.FromException(Failure);
        }
        // Entries that gather for one append share its completion.
        if (_last is null || _gathered.Count == 0)
        {
            _last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        var durable = _last;
        GatherDeferred(durable);
        Gather(entry, durable);
        if (!_appending)
        {
            _ = AppendAll();
        }
        return durable.Task;
    }

    /// <summary>Goes with the next append, whenever that is: for an entry whose loss changes nothing.</summary>
    public void Defer(ReadOnlyMemory<byte> entry) => _deferred.Add(entry);

    /// <summary>Stores what was deferred, if there is anything.</summary>
    public Task FlushDeferred()
    {
        if (_deferred.Count == 0 || Failure is not null)
        {
            return Task.CompletedTask;
        }
        var newest = _deferred[^1];
        _deferred.RemoveAt(_deferred.Count - 1);
        return Append(newest);
    }

    /// <summary>
    /// Completes when this activation knows all that the log has: for an answer without an append, which another activation's entries could
    /// make wrong.
    /// </summary>
    /// <exception cref="InconsistentStateException">Another activation has appended; nothing more is appended here.</exception>
    public async Task RequireNewest()
    {
        var newest = Version;
        await log.Replay(stream, Version + 1, entry => newest = entry.Version);
        // A version that is on its way from here becomes this activation's own, or its append fails.
        if (newest > _assigned)
        {
            Failure ??= StorageFailures.Lost(stream, newest, _assigned);
        }
        await Settled();
    }

    /// <summary>Completes when all that was appended so far is durable: an answer that rests on it may then be given.</summary>
    public Task Settled() => Failure is not null ? Task.FromException(Failure) : _last?.Task ?? Task.CompletedTask;

    private void GatherDeferred(TaskCompletionSource durable)
    {
        foreach (var entry in _deferred)
        {
            Gather(entry, durable);
        }
        _deferred.Clear();
    }

    private void Gather(ReadOnlyMemory<byte> entry, TaskCompletionSource durable)
    {
        _assigned++;
        _gathered.Enqueue((entry, durable));
    }

    private async Task AppendAll()
    {
        _appending = true;
        while (_gathered.Count > 0)
        {
            var (entries, ends) = TakeBatch();
            try
            {
                Version = await log.Append(stream, Version, entries);
            }
            catch (Exception failure)
            {
                Fail(StorageFailures.Translate(failure), ends);
                break;
            }

            foreach (var durable in ends)
            {
                durable.TrySetResult();
            }
        }

        _appending = false;
    }

    /// <summary>The next entries up to the limit, and the completions of which the last entry is among them.</summary>
    private (List<ReadOnlyMemory<byte>> Entries, List<TaskCompletionSource> Ends) TakeBatch()
    {
        var entries = new List<ReadOnlyMemory<byte>>(_gathered.Count);
        var ends = new List<TaskCompletionSource>(1);
        long size = 0;
        while (_gathered.TryPeek(out var next) && (entries.Count == 0 || size + next.Entry.Length <= AppendBytesMax))
        {
            _gathered.Dequeue();
            entries.Add(next.Entry);
            size += next.Entry.Length;
            if (!_gathered.TryPeek(out var following) || following.Durable != next.Durable)
            {
                ends.Add(next.Durable);
            }
        }

        return (entries, ends);
    }

    private void Fail(Exception failure, List<TaskCompletionSource> ends)
    {
        Failure = failure;
        foreach (var durable in ends)
        {
            durable.TrySetException(failure);
        }
        while (_gathered.TryDequeue(out var rest))
        {
            rest.Durable.TrySetException(failure);
        }
    }
}
