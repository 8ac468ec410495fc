using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>
/// That an address on the chain stands for an account of the market. What is deposited for it is the account's to spend, so the address's
/// key signs; and it claims what the account earns, so the account's own key signs as well.
/// </summary>
public static class AccountOwner
{
    /// <summary>r, s and v, which is 27 or 28.</summary>
    public const int SignatureSize = 65;

    internal const string Type = "AccountOwner(bytes32 account,address owner)";

    private const int RecoveryOffset = 27;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    public static Bytes32 Digest(MarketDomain domain, AccountId account, EvmAddress owner)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], TypeHash);
        words.Add(account.Value);
        words.Add(owner.ToWord());
        return domain.Digest(words.Hash());
    }

    /// <summary>The owner's signature of the digest.</summary>
    public static byte[] Sign(MarketDomain domain, AccountId account, Secp256k1PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var signature = new byte[SignatureSize];
        var recovery = key.Sign(Digest(domain, account, EvmAddresses.Of(key.PublicKey)).ToArray(), signature.AsSpan(0, SignatureSize - 1));
        signature[^1] = (byte)(RecoveryOffset + recovery);
        return signature;
    }

    /// <summary>Whether the account's key has signed, with Ed25519.</summary>
    public static bool IsSignedByAccount(MarketDomain domain, AccountId account, EvmAddress owner, ReadOnlySpan<byte> signature) =>
        signature.Length == Ed25519.SignatureSize && Ed25519.Verify(account.Value, Digest(domain, account, owner).ToArray(), signature);

    /// <summary>Whether the signature is the owner's; one with a large s never is (EIP-2).</summary>
    public static bool IsSigned(MarketDomain domain, AccountId account, EvmAddress owner, ReadOnlySpan<byte> signature)
    {
        Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeySize];
        return signature.Length == SignatureSize
            && signature[^1] - RecoveryOffset is 0 or 1
            && Secp256k1.TryRecover(Digest(domain, account, owner).ToArray(), signature[..^1], signature[^1] - RecoveryOffset, publicKey)
            && EvmAddresses.Of(publicKey) == owner;
    }
}
