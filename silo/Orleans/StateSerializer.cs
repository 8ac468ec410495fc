using Marketplace.Grains;
using Orleans.Storage;

namespace Marketplace.Silo;

/// <summary>The bytes of states in Orleans's storage are those that documents have: an export carries them from one to the other.</summary>
internal sealed class StateSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new(StateForms.Write(input!));

    public T? Deserialize<T>(BinaryData input) => StateForms.Read<T>(input.ToMemory());
}
