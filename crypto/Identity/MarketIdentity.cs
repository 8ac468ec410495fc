using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// A market's own key pair. What clients and workers sign names its public half, and challenges are proved by its secret half: any silo of
/// the market recognises them, and none remembers any. Thread-safe.
/// </summary>
public sealed class MarketIdentity : IDisposable
{
    /// <summary>Of a challenge: its moment and the proof that this market made it.</summary>
    public const int ChallengeSize = MomentSize + HMACSHA256.HashSizeInBytes;

    private const int MomentSize = sizeof(long);

    private static readonly Blake3Domain ChallengeSecret = new("marketplace 2026 challenge secret v1");

    private readonly Ed25519KeyPair _key;
    private readonly byte[] _challengeSecret = GC.AllocateArray<byte>(Bytes32.Size, pinned: true);

    /// <param name="key">Disposed with this.</param>
    public MarketIdentity(Ed25519KeyPair key)
    {
        _key = key;
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        key.CopySeedTo(seed);
        ChallengeSecret.Hash(seed).CopyTo(_challengeSecret);
        CryptographicOperations.ZeroMemory(seed);
    }

    public Bytes32 PublicKey => _key.PublicKey;

    /// <summary>Signs in the market's name; messages are <see cref="SignedMessage"/>s with a domain of their own.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message) => _key.Sign(message);

    /// <summary>
    /// A challenge for the account's key at this moment. Only this market can make it, which is all that makes a signature over it fresh;
    /// the same account gets the same one at the same moment.
    /// </summary>
    public byte[] NewChallenge(AccountId account, DateTimeOffset at)
    {
        var challenge = new byte[ChallengeSize];
        BinaryPrimitives.WriteInt64BigEndian(challenge, at.UtcTicks);
        Prove(account, challenge.AsSpan(0, MomentSize), challenge.AsSpan(MomentSize));
        return challenge;
    }

    /// <returns>When this market made the challenge for this account; null where it did not.</returns>
    public DateTimeOffset? MomentOf(AccountId account, ReadOnlySpan<byte> challenge)
    {
        if (challenge.Length != ChallengeSize)
        {
            return null;
        }
        Span<byte> proof = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Prove(account, challenge[..MomentSize], proof);
        return CryptographicOperations.FixedTimeEquals(proof, challenge[MomentSize..])
            ? new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(challenge), TimeSpan.Zero)
            : null;
    }

    public void Dispose()
    {
        _key.Dispose();
        CryptographicOperations.ZeroMemory(_challengeSecret);
    }

    private void Prove(AccountId account, ReadOnlySpan<byte> moment, Span<byte> proof)
    {
        Span<byte> proved = stackalloc byte[Bytes32.Size + MomentSize];
        account.Value.CopyTo(proved);
        moment.CopyTo(proved[Bytes32.Size..]);
        HMACSHA256.HashData(_challengeSecret, proved, proof);
    }
}
