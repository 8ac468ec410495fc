namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="BlobId"/>.</summary>
[GenerateSerializer, Immutable, Alias("BlobIdSurrogate")]
public struct BlobIdSurrogate
{
    [Id(0)]
    public Bytes32 Value;
}

[RegisterConverter]
public sealed class BlobIdConverter : IConverter<BlobId, BlobIdSurrogate>
{
    public BlobId ConvertFromSurrogate(in BlobIdSurrogate surrogate) => new(surrogate.Value);

    public BlobIdSurrogate ConvertToSurrogate(in BlobId value) => new() { Value = value.Value };
}
