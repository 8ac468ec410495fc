namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="AccountId"/>.</summary>
[GenerateSerializer, Immutable, Alias("AccountIdSurrogate")]
public struct AccountIdSurrogate
{
    [Id(0)]
    public Bytes32 Value;
}

[RegisterConverter]
public sealed class AccountIdConverter : IConverter<AccountId, AccountIdSurrogate>
{
    public AccountId ConvertFromSurrogate(in AccountIdSurrogate surrogate) => new(surrogate.Value);

    public AccountIdSurrogate ConvertToSurrogate(in AccountId value) => new() { Value = value.Value };
}
