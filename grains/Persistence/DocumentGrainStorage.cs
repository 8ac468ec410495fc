using System.Globalization;
using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Orleans's grain storage over documents. A state's name is its document's kind, the grain's key its id, the version the ETag. So the same
/// write makes the row of the read model.
/// </summary>
public sealed class DocumentGrainStorage(IDocumentStore store) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var document = await store.ReadDocument(KeyOf(stateName, grainId));
        grainState.State = document is { } found ? StateForms.Read<T>(found.Content) : default!;
        grainState.ETag = document?.Version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = document is not null;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            var content = StateForms.Write(grainState.State!);
            var version = await store.Write(KeyOf(stateName, grainId), VersionOf(grainState), content);
            grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
            grainState.RecordExists = true;
        }
        catch (Exception failure)
        {
            throw StorageFailures.Translate(failure);
        }
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await store.Delete(KeyOf(stateName, grainId), VersionOf(grainState));
            (grainState.State, grainState.ETag, grainState.RecordExists) = (default!, null, false);
        }
        catch (Exception failure)
        {
            throw StorageFailures.Translate(failure);
        }
    }

    private static DocumentKey KeyOf(string stateName, GrainId grainId) => new(stateName, grainId.Key.ToString()!);

    private static long VersionOf<T>(IGrainState<T> state) =>
        state.ETag is { } version ? long.Parse(version, CultureInfo.InvariantCulture) : 0;
}
