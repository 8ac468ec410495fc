using System.Runtime.CompilerServices;
using Marketplace.GrainHost.Activations;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Marketplace.GrainHost.Storage;

/// <summary>One state of one activation, over the storage provider that its attribute names.</summary>
internal sealed class PersistentState<TState> : IPersistentState<TState>, ILoadedState
{
    /// <summary>The provider of states that name none, as in Orleans.</summary>
    private const string DefaultStorageName = "Default";

    private readonly IGrainStorage _storage;
    private readonly string _name;
    private readonly GrainId _grain;
    private readonly GrainState<TState> _state = new(Empty());
    private Task _last = Task.CompletedTask;
    private Task? _waitingWrite;

    private PersistentState(IGrainStorage storage, string name, GrainId grain)
    {
        _storage = storage;
        _name = name;
        _grain = grain;
    }

    public TState State
    {
        get => _state.State!;
        set => _state.State = value;
    }

    public string? Etag => _state.ETag;

    public bool RecordExists => _state.RecordExists;

    public static PersistentState<TState> For(Activation activation, IPersistentStateConfiguration configuration)
    {
        var name = configuration.StorageName ?? DefaultStorageName;
        var storage =
            activation.Host.Services.GetKeyedService<IGrainStorage>(name)
            ?? throw new OrleansConfigurationException(
                $"{activation.GrainClass.Type} keeps \"{configuration.StateName}\" in the storage \"{name}\", "
                    + $"but no {nameof(IGrainStorage)} is registered under that key."
            );
        var state = new PersistentState<TState>(storage, configuration.StateName, activation.GrainId);
        activation.AddState(state);
        return state;
    }

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);

    public Task ReadStateAsync(CancellationToken cancellationToken) => Enqueue(Read, cancellationToken);

    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);

    /// <summary>
    /// All writes asked for while another operation is under way become one write after it. Two at once would bring the same
    /// ETag, and the second would be refused although there was no other writer.
    /// </summary>
    public Task WriteStateAsync(CancellationToken cancellationToken)
    {
        var mayMerge = !cancellationToken.CanBeCanceled;
        if (mayMerge && _waitingWrite is not null && _waitingWrite == _last)
        {
            return _waitingWrite;
        }
        var waits = !_last.IsCompleted;
        var write = Enqueue(Write, cancellationToken);
        if (mayMerge && waits)
        {
            _waitingWrite = write;
        }
        return write;
    }

    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public Task ClearStateAsync(CancellationToken cancellationToken) => Enqueue(Clear, cancellationToken);

    /// <summary>Operations run one after the other, as they were asked for.</summary>
    private Task Enqueue(Func<CancellationToken, Task> operation, CancellationToken cancellationToken) =>
        _last = _last.IsCompleted ? operation(cancellationToken) : RunAfter(_last, operation, cancellationToken);

    private static async Task RunAfter(Task earlier, Func<CancellationToken, Task> operation, CancellationToken cancellationToken)
    {
        // The earlier operation's own caller hears of its failure; this one must only not overtake it.
        await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await operation(cancellationToken);
    }

    private async Task Read(CancellationToken cancellationToken)
    {
        await _storage.ReadStateAsync(_name, _grain, _state, cancellationToken);
        _state.State ??= Empty();
    }

    private Task Write(CancellationToken cancellationToken)
    {
        // From here on the state is in the store's hands: later changes need another write.
        _waitingWrite = null;
        return _storage.WriteStateAsync(_name, _grain, _state, cancellationToken);
    }

    private async Task Clear(CancellationToken cancellationToken)
    {
        await _storage.ClearStateAsync(_name, _grain, _state, cancellationToken);
        _state.State = Empty();
    }

    private static TState Empty()
    {
        if (typeof(TState).IsValueType)
        {
            return default!;
        }
        return typeof(TState).GetConstructor(Type.EmptyTypes) is not null
            ? Activator.CreateInstance<TState>()
            : (TState)RuntimeHelpers.GetUninitializedObject(typeof(TState));
    }
}
