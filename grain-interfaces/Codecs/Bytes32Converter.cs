using System.Buffers.Binary;

namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="Bytes32"/>: four numbers, because an array would be an allocation per id.</summary>
[GenerateSerializer, Immutable, Alias("Bytes32Surrogate")]
public struct Bytes32Surrogate
{
    [Id(0)]
    public ulong A;

    [Id(1)]
    public ulong B;

    [Id(2)]
    public ulong C;

    [Id(3)]
    public ulong D;
}

[RegisterConverter]
public sealed class Bytes32Converter : IConverter<Bytes32, Bytes32Surrogate>
{
    public Bytes32 ConvertFromSurrogate(in Bytes32Surrogate surrogate)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, surrogate.A);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], surrogate.B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], surrogate.C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], surrogate.D);
        return new Bytes32(bytes);
    }

    public Bytes32Surrogate ConvertToSurrogate(in Bytes32 value)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        value.CopyTo(bytes);
        return new Bytes32Surrogate
        {
            A = BinaryPrimitives.ReadUInt64BigEndian(bytes),
            B = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            C = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            D = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]),
        };
    }
}
