namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="LeaseId"/>.</summary>
[GenerateSerializer, Immutable, Alias("LeaseIdSurrogate")]
public struct LeaseIdSurrogate
{
    [Id(0)]
    public long Start;

    [Id(1)]
    public long Sequence;
}

[RegisterConverter]
public sealed class LeaseIdConverter : IConverter<LeaseId, LeaseIdSurrogate>
{
    public LeaseId ConvertFromSurrogate(in LeaseIdSurrogate surrogate) => new(surrogate.Start, surrogate.Sequence);

    public LeaseIdSurrogate ConvertToSurrogate(in LeaseId value) => new() { Start = value.Start, Sequence = value.Sequence };
}
