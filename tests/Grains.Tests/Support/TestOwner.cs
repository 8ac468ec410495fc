using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Support;

/// <summary>The owner of an account's key pair, and the market that gives challenges: both of seeds that never change.</summary>
internal sealed class TestOwner(byte seed) : IDisposable
{
    private readonly Ed25519KeyPair _key = Pair(seed);

    public static MarketIdentity Market { get; } = new(Pair(1));

    /// <summary>A market of tests settles nowhere, unless the test registers another domain.</summary>
    public static MarketDomain Domain { get; } = new(Market.PublicKey);

    public AccountId Account => new(_key.PublicKey);

    /// <summary>Signs a challenge of that moment.</summary>
    public OwnerProof Prove(
        DateTimeOffset at,
        string name = "owner",
        Scopes scopes = Scopes.Read | Scopes.Submit | Scopes.Transfer,
        TokenAmount? spendLimit = null,
        bool revokeOthers = false,
        MarketIdentity? market = null
    )
    {
        market ??= Market;
        var challenge = market.NewChallenge(Account, at);
        var opening = new AccountOpening(
            Market: market.PublicKey,
            Account: Account,
            Challenge: challenge,
            Name: name,
            Scopes: (int)scopes,
            SpendLimit: spendLimit,
            RevokeOthers: revokeOthers
        );
        return new OwnerProof(
            ImmutableArray.Create(challenge),
            ImmutableArray.Create(_key.Sign(opening.Message())),
            new GrainInterfaces.KeyRequest(name, scopes, spendLimit),
            revokeOthers
        );
    }

    public void Dispose() => _key.Dispose();

    private static Ed25519KeyPair Pair(byte seed) => new(Enumerable.Repeat(seed, Ed25519.SeedSize).ToArray());
}
