using System.Text;

namespace Marketplace.Crypto.Tests;

/// <summary>Challenges are this market's, for one account and one moment; what is signed says what it is for.</summary>
public sealed class MarketIdentityTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly AccountId Account = new(Blake3.Hash("account"u8));

    private readonly MarketIdentity _market = Market(1);
    private readonly MarketIdentity _other = Market(2);

    public void Dispose()
    {
        _market.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Challenge_TellsItsMoment_ToItsMarketAndForItsAccountOnly()
    {
        var challenge = _market.NewChallenge(Account, At);
        using var sameKey = Market(1);

        Assert.Equal(MarketIdentity.ChallengeSize, challenge.Length);
        Assert.Equal(At, _market.MomentOf(Account, challenge));
        Assert.Equal(At, sameKey.MomentOf(Account, challenge));
        Assert.Null(_other.MomentOf(Account, challenge));
        Assert.Null(_market.MomentOf(new AccountId(Blake3.Hash("another"u8)), challenge));
        Assert.Null(_market.MomentOf(Account, challenge[..^1]));
        Assert.Null(_market.MomentOf(Account, [.. challenge, 0]));
        for (var bit = 0; bit < challenge.Length * 8; bit++)
        {
            challenge[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(_market.MomentOf(Account, challenge));
            challenge[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Message_HasEveryPartBehindItsLength() =>
        Assert.Equal(
            "020000006d31" + "0000000002000000aabb",
            Convert.ToHexStringLower(SignedMessage.Of("m1", Array.Empty<byte>(), new byte[] { 0xaa, 0xbb }))
        );

    [Fact]
    public void Opening_IsAnotherMessageForEveryOtherWord()
    {
        var opening = new AccountOpening(
            Market: _market.PublicKey,
            Account: Account,
            Challenge: _market.NewChallenge(Account, At),
            Name: "owner",
            Scopes: 7,
            SpendLimit: null,
            RevokeOthers: false
        );
        AccountOpening[] openings =
        [
            opening,
            opening with
            {
                Market = _other.PublicKey,
            },
            opening with
            {
                Account = new AccountId(Blake3.Hash("another"u8)),
            },
            opening with
            {
                Challenge = _market.NewChallenge(Account, At.AddTicks(1)),
            },
            opening with
            {
                Name = "owner7",
            },
            opening with
            {
                Scopes = 23,
            },
            opening with
            {
                SpendLimit = new TokenAmount(1),
            },
            opening with
            {
                SpendLimit = TokenAmount.Zero,
            },
            opening with
            {
                RevokeOthers = true,
            },
        ];

        Assert.Equal(openings.Length, openings.Select(each => Convert.ToHexString(each.Message())).Distinct().Count());
        var expected = SignedMessage.Of(
            "marketplace 2026 open account v1",
            _market.PublicKey.ToArray(),
            Account.Value.ToArray(),
            opening.Challenge,
            "owner"u8.ToArray(),
            "7"u8.ToArray(),
            Array.Empty<byte>(),
            Encoding.ASCII.GetBytes("0")
        );
        Assert.Equal(expected, opening.Message());
    }

    [Fact]
    public void Signature_IsOfThePublicKey()
    {
        var signature = _market.Sign("words"u8);
        Assert.True(Ed25519.Verify(_market.PublicKey, "words"u8, signature));
        Assert.False(Ed25519.Verify(_other.PublicKey, "words"u8, signature));
    }

    private static MarketIdentity Market(byte seed) => new(new Ed25519KeyPair(Enumerable.Repeat(seed, Ed25519.SeedSize).ToArray()));
}
