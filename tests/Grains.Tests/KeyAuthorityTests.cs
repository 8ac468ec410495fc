using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Who may make and revoke keys: the account decides, whatever asked it.</summary>
public sealed class KeyAuthorityTests
{
    [Fact]
    public void KeyWithASpendLimit_MakesNoKeys() =>
        TestMarket.Run(async market =>
        {
            var limited = await Admin(market, new TokenAmount(10));
            await Refused(ErrorCode.Forbidden, () => Create(market, limited, Scopes.Read));
        });

    [Fact]
    public void NewKey_NeverHasMoreThanTheKeyThatMadeIt() =>
        TestMarket.Run(async market =>
        {
            var admin = await Admin(market, spendLimit: null);
            await Refused(ErrorCode.Forbidden, () => Create(market, admin, Scopes.Read | Scopes.Deploy));
            // What a caller says of itself does not count: its scopes are those of the key.
            await Refused(ErrorCode.Forbidden, () => Create(market, admin with { Scopes = (Scopes)15 }, Scopes.Deploy));
            Assert.Equal(Scopes.Read, (await Create(market, admin, Scopes.Read)).View.Scopes);
        });

    [Fact]
    public void KeyWithoutAdmin_OfAnotherAccount_OrRevoked_MakesNoKeys() =>
        TestMarket.Run(async market =>
        {
            var admin = await Admin(market, spendLimit: null);
            var other = await market.OpenAccount("other");
            await Refused(ErrorCode.Forbidden, () => Create(market, admin with { Scopes = Scopes.Read }, Scopes.Read));
            await Refused(ErrorCode.Forbidden, () => Create(market, other with { Scopes = Scopes.Admin }, Scopes.Read));
            await Refused(
                ErrorCode.Forbidden,
                () => market.Account("client").RevokeKey(admin.KeyId, other with { Scopes = Scopes.Admin }, Authority.Gateway)
            );
            await Refused(ErrorCode.Forbidden, () => market.Account("client").RevokeKey(admin.KeyId, null, Authority.Gateway));

            await market.Account("client").RevokeKey(admin.KeyId, admin, Authority.Gateway);
            await market.Account("client").RevokeKey(admin.KeyId, admin, Authority.Gateway);
            await Refused(ErrorCode.Unauthenticated, () => Create(market, admin, Scopes.Read));
        });

    private static async Task<Caller> Admin(TestMarket market, TokenAmount? spendLimit)
    {
        await market.OpenAccount("client");
        var scopes = Scopes.Admin | Scopes.Read;
        var created = await market.Account("client").CreateKey(new KeyRequest("admin", scopes, spendLimit), null, Authority.Silo);
        return new Caller(TestMarket.Id("client"), created.View.Id, scopes);
    }

    private static Task<CreatedKey> Create(TestMarket market, Caller caller, Scopes scopes) =>
        market.Account("client").CreateKey(new KeyRequest("new", scopes, null), caller, Authority.Gateway);

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
