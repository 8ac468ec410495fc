namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="StateRoot"/>.</summary>
[GenerateSerializer, Immutable, Alias("StateRootSurrogate")]
public struct StateRootSurrogate
{
    [Id(0)]
    public Bytes32 Value;
}

[RegisterConverter]
public sealed class StateRootConverter : IConverter<StateRoot, StateRootSurrogate>
{
    public StateRoot ConvertFromSurrogate(in StateRootSurrogate surrogate) => new(surrogate.Value);

    public StateRootSurrogate ConvertToSurrogate(in StateRoot value) => new() { Value = value.Value };
}
