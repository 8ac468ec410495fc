namespace Marketplace.Grains;

/// <summary>A state that the host keeps for its grain, in the storage that the grain's <c>[PersistentState]</c> names.</summary>
internal sealed class StoredState<TState>(IPersistentState<TState> state) : Stored<TState>
    where TState : class
{
    /// <summary>The host has read it before the grain was activated.</summary>
    private bool _isFirst = true;

    protected override async ValueTask<TState?> ReadStored()
    {
        if (!_isFirst)
        {
            await state.ReadStateAsync();
        }
        _isFirst = false;
        if (state.Etag == LateReads.Unread)
        {
            await state.ReadStateAsync();
        }
        return state.RecordExists ? state.State : null;
    }

    protected override async ValueTask<long> WriteStored(TState? value)
    {
        if (value is null)
        {
            await state.ClearStateAsync();
            return 0;
        }
        state.State = value;
        await state.WriteStateAsync();
        // The host keeps the version.
        return 0;
    }
}
