namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="EvmAddress"/>: as a word of the EVM.</summary>
[GenerateSerializer, Immutable, Alias("EvmAddressSurrogate")]
public struct EvmAddressSurrogate
{
    [Id(0)]
    public Bytes32 Word;
}

[RegisterConverter]
public sealed class EvmAddressConverter : IConverter<EvmAddress, EvmAddressSurrogate>
{
    public EvmAddress ConvertFromSurrogate(in EvmAddressSurrogate surrogate) => EvmAddress.FromWord(surrogate.Word);

    public EvmAddressSurrogate ConvertToSurrogate(in EvmAddress value) => new() { Word = value.ToWord() };
}
