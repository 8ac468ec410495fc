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
    private Task? _write;
    private Task? _queuedWrite;

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
        var storage = activation.Host.Services.GetKeyedService<IGrainStorage>(name)
            ?? throw new OrleansConfigurationException(
                $"{activation.GrainClass.Type} keeps \"{configuration.StateName}\" in the storage \"{name}\", "
                + $"but no {nameof(IGrainStorage)} is registered under that key.");
        var state = new PersistentState<TState>(storage, configuration.StateName, activation.GrainId);
        activation.AddState(state);
        return state;
    }

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);

    public async Task ReadStateAsync(CancellationToken cancellationToken)
    {
        await _storage.ReadStateAsync(_name, _grain, _state, cancellationToken);
        _state.State ??= Empty();
    }

    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);

    /// <summary>
    /// While a write is under way, all further ones become one write after it: two at once would bring the same ETag and the
    /// second would be refused, although nobody else has written.
    /// </summary>
    public Task WriteStateAsync(CancellationToken cancellationToken)
    {
        if (_queuedWrite is not null)
            return _queuedWrite;
        if (_write is { IsCompleted: false })
            return _queuedWrite = WriteAfter(_write, cancellationToken);
        return _write = _storage.WriteStateAsync(_name, _grain, _state, cancellationToken);
    }

    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public async Task ClearStateAsync(CancellationToken cancellationToken)
    {
        await _storage.ClearStateAsync(_name, _grain, _state, cancellationToken);
        _state.State = Empty();
    }

    private async Task WriteAfter(Task earlier, CancellationToken cancellationToken)
    {
        // The earlier write's own caller hears of its failure; this one must only not overtake it.
        await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _write = _queuedWrite;
        _queuedWrite = null;
        await _storage.WriteStateAsync(_name, _grain, _state, cancellationToken);
    }

    private static TState Empty()
    {
        if (typeof(TState).IsValueType)
            return default!;
        return typeof(TState).GetConstructor(Type.EmptyTypes) is not null
            ? Activator.CreateInstance<TState>()
            : (TState)RuntimeHelpers.GetUninitializedObject(typeof(TState));
    }
}
