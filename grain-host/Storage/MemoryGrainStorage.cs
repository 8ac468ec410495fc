using System.Collections.Concurrent;
using System.Globalization;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Marketplace.GrainHost.Storage;

/// <summary>
/// Keeps states in memory, with the ETag rules of a real store; lost with the process. It keeps the object itself, so a state
/// type must be immutable, or its grain must not change it after a write.
/// </summary>
public sealed class MemoryGrainStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string State, GrainId Grain), Record> _records = new();
    private long _version;

    /// <summary>How many states are kept.</summary>
    public int Count => _records.Count;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var found = _records.GetValueOrDefault((stateName, grainId));
        grainState.State = found is null ? default : (T?)found.State;
        grainState.ETag = found?.ETag;
        grainState.RecordExists = found is not null;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = (stateName, grainId);
        var record = new Record(grainState.State, Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture));
        var found = _records.GetValueOrDefault(key);
        var written =
            found?.ETag == grainState.ETag && (found is null ? _records.TryAdd(key, record) : _records.TryUpdate(key, record, found));
        if (!written)
        {
            return Task.FromException(Conflict(key, grainState.ETag));
        }
        grainState.ETag = record.ETag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = (stateName, grainId);
        var found = _records.GetValueOrDefault(key);
        if (found?.ETag != grainState.ETag || (found is not null && !_records.TryRemove(new(key, found))))
        {
            return Task.FromException(Conflict(key, grainState.ETag));
        }
        grainState.State = default;
        grainState.ETag = null;
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }

    private InconsistentStateException Conflict((string State, GrainId Grain) key, string? held) =>
        new($"The state \"{key.State}\" of {key.Grain} was written by another activation.", _records.GetValueOrDefault(key)?.ETag, held);

    private sealed record Record(object? State, string ETag);
}
