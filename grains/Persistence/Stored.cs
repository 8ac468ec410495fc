using Marketplace.GrainInterfaces;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// One stored state as the calls of a grain may see it. The copy in memory is what the store had when it was read or written, or nothing.
/// Calls see a written value only when it is durable; after a failed write the next use reads again. If another activation of the grain
/// has written since, a write of this one is refused and changes nothing; an answer that must not be out of date needs
/// <see cref="Refresh"/> first. Used within the turns of one activation. Its operations run one after the other, and calls that interleave
/// with a write read the copy.
/// </summary>
internal abstract class Stored<TState>
    where TState : class
{
    private bool _used;
    private bool _loaded;
    private bool _writing;
    private Task _reading = Task.CompletedTask;
    private Task _creating = Task.CompletedTask;

    /// <summary>The state; null where it does not exist. Valid after <see cref="Load"/>.</summary>
    public TState? Value { get; private set; }

    /// <summary>Another activation has written what this one tried to create: its grain deactivates, and writes nothing any more.</summary>
    public bool HasLost { get; private set; }

    /// <summary>Reads the state unless it is in memory.</summary>
    public ValueTask Load()
    {
        if (_loaded)
        {
            return default;
        }
        if (!_creating.IsCompleted)
        {
            return LoadAfterCreation();
        }
        if (_reading.IsCompleted)
        {
            _reading = Read(Task.CompletedTask);
        }
        return new ValueTask(_reading);
    }

    /// <summary>Reads the state again: it is then at least as new as the call, also if another activation wrote it.</summary>
    public async ValueTask Refresh()
    {
        // A write that is under way will itself tell whether the copy is the newest.
        if (_loaded && !_writing)
        {
            await (_reading = Read(_reading));
        }
        await Load();
    }

    /// <exception cref="InconsistentStateException">Another activation wrote first: nothing was written.</exception>
    /// <exception cref="MarketException"><see cref="ErrorCode.OutcomeUnknown"/>.</exception>
    public ValueTask Write(TState value) => Change(value);

    /// <summary>
    /// Writes a state that is not expected to exist, without a read before it where nothing is in memory: the write itself finds out.
    /// </summary>
    /// <returns>
    /// False where there is one: it is loaded, nothing was written, and unless it was in memory, this activation must go, because it has
    /// lost to another one. It writes nothing any more.
    /// </returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.OutcomeUnknown"/>.</exception>
    public async ValueTask<bool> TryCreate(TState value)
    {
        if (!_used)
        {
            var creating = Create(value);
            _creating = creating;
            return await creating;
        }
        await Load();
        if (Value is not null)
        {
            return false;
        }
        await Change(value);
        return true;
    }

    /// <exception cref="InconsistentStateException">Another activation wrote first: nothing was deleted.</exception>
    /// <exception cref="MarketException"><see cref="ErrorCode.OutcomeUnknown"/>.</exception>
    public ValueTask Delete() => Value is null ? default : Change(null);

    /// <returns>Null where there is none.</returns>
    protected abstract ValueTask<TState?> ReadStored();

    /// <param name="value">Null deletes what is stored.</param>
    /// <returns>The version that is stored now, once it is durable.</returns>
    protected abstract ValueTask<long> WriteStored(TState? value);

    /// <param name="version">What <see cref="WriteStored"/> has given.</param>
    protected virtual void HasWritten(long version) { }

    private async ValueTask LoadAfterCreation()
    {
        await EndOf(_creating);
        await Load();
    }

    private async Task<bool> Create(TState value)
    {
        try
        {
            await Change(value);
            _loaded = true;
            return true;
        }
        catch (InconsistentStateException)
        {
            HasLost = true;
            await (_reading = Read(Task.CompletedTask));
            if (Value is null)
            {
                throw;
            }
            return false;
        }
    }

    private async Task Read(Task earlier)
    {
        _used = true;
        await EndOf(earlier);
        try
        {
            Value = await ReadStored();
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
        _loaded = true;
    }

    private async ValueTask Change(TState? value)
    {
        if (HasLost)
        {
            throw new InconsistentStateException("This activation has lost to another one, and goes.");
        }
        (_used, _writing) = (true, true);
        try
        {
            await EndOf(_reading);
            HasWritten(await WriteStored(value));
            Value = value;
        }
        catch (Exception failure)
        {
            (_loaded, Value) = (false, null);
            throw StorageFailures.Translate(failure);
        }
        finally
        {
            _writing = false;
        }
    }

    private static async ValueTask EndOf(Task earlier)
    {
        if (earlier.IsCompleted)
        {
            return;
        }
        try
        {
            await earlier;
        }
        catch (Exception)
        {
            // The call that began it gets its exception; this one only waits for the end.
            return;
        }
    }
}
