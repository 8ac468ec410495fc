namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="WorkerId"/>.</summary>
[GenerateSerializer, Immutable, Alias("WorkerIdSurrogate")]
public struct WorkerIdSurrogate
{
    [Id(0)]
    public Bytes32 Value;
}

[RegisterConverter]
public sealed class WorkerIdConverter : IConverter<WorkerId, WorkerIdSurrogate>
{
    public WorkerId ConvertFromSurrogate(in WorkerIdSurrogate surrogate) => new(surrogate.Value);

    public WorkerIdSurrogate ConvertToSurrogate(in WorkerId value) => new() { Value = value.Value };
}
