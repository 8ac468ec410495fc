namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="ProgramId"/>.</summary>
[GenerateSerializer, Immutable, Alias("ProgramIdSurrogate")]
public struct ProgramIdSurrogate
{
    [Id(0)]
    public Bytes32 Value;
}

[RegisterConverter]
public sealed class ProgramIdConverter : IConverter<ProgramId, ProgramIdSurrogate>
{
    public ProgramId ConvertFromSurrogate(in ProgramIdSurrogate surrogate) => new(surrogate.Value);

    public ProgramIdSurrogate ConvertToSurrogate(in ProgramId value) => new() { Value = value.Value };
}
