namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="JobId"/>.</summary>
[GenerateSerializer, Immutable, Alias("JobIdSurrogate")]
public struct JobIdSurrogate
{
    [Id(0)]
    public Bytes32 Value;
}

[RegisterConverter]
public sealed class JobIdConverter : IConverter<JobId, JobIdSurrogate>
{
    public JobId ConvertFromSurrogate(in JobIdSurrogate surrogate) => new(surrogate.Value);

    public JobIdSurrogate ConvertToSurrogate(in JobId value) => new() { Value = value.Value };
}
