namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="TokenAmount"/>.</summary>
[GenerateSerializer, Immutable, Alias("TokenAmountSurrogate")]
public struct TokenAmountSurrogate
{
    [Id(0)]
    public UInt128 BaseUnits;
}

[RegisterConverter]
public sealed class TokenAmountConverter : IConverter<TokenAmount, TokenAmountSurrogate>
{
    public TokenAmount ConvertFromSurrogate(in TokenAmountSurrogate surrogate) => new(surrogate.BaseUnits);

    public TokenAmountSurrogate ConvertToSurrogate(in TokenAmount value) => new() { BaseUnits = value.BaseUnits };
}
