using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A host reads a state before it activates the grain, and Orleans wraps what that read throws: the grain's callers would see the wrapper
/// and not the failure. So the first read of a state never fails here. It leaves a mark, and <see cref="StoredState{TState}"/> reads again
/// and throws what failed.
/// </summary>
public sealed class LateReads(IGrainStorage storage) : IGrainStorage
{
    /// <summary>The ETag of a state that could not be read.</summary>
    internal const string Unread = "unread";

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await storage.ReadStateAsync(stateName, grainId, grainState);
        }
        catch (Exception) when (grainState is { ETag: null, RecordExists: false })
        {
            grainState.ETag = Unread;
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        storage.WriteStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        storage.ClearStateAsync(stateName, grainId, grainState);
}
