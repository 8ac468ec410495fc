using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>
/// A signature of a digest, from which contracts find the signer: r, s and which of two points (y parity). Signatures with a large s are
/// refused (<see href="https://eips.ethereum.org/EIPS/eip-2">EIP-2</see>), so that each has one form of either kind.
/// </summary>
public sealed class EvmSignature
{
    /// <summary>r, s and v, which is 27 or 28.</summary>
    public const int Size = 65;

    /// <summary>r and s, whose highest bit is the parity (<see href="https://eips.ethereum.org/EIPS/eip-2098">EIP-2098</see>).</summary>
    public const int CompactSize = 64;

    private const int V = 27;
    private const int ParityAt = 32;
    private const byte ParityBit = 0x80;

    private readonly byte[] _rs;
    private readonly int _parity;

    private EvmSignature(byte[] rs, int parity) => (_rs, _parity) = (rs, parity);

    public static EvmSignature Sign(Secp256k1PrivateKey key, Bytes32 digest)
    {
        ArgumentNullException.ThrowIfNull(key);
        var rs = new byte[Secp256k1.SignatureSize];
        var recovery = key.Sign(digest.ToArray(), rs);
        // It is more for one digest in 2^127, and no contract takes it.
        return recovery <= 1 ? new EvmSignature(rs, recovery) : throw new InvalidOperationException("The digest cannot be signed.");
    }

    /// <param name="bytes">Of either size.</param>
    /// <exception cref="FormatException">They are no signature.</exception>
    public static EvmSignature Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is not (Size or CompactSize))
        {
            throw new FormatException($"A signature has {Size} bytes, or {CompactSize} in the compact form; got {bytes.Length}.");
        }
        var rs = bytes[..CompactSize].ToArray();
        var parity = bytes.Length == Size ? bytes[^1] - V : rs[ParityAt] / ParityBit;
        if (bytes.Length == CompactSize)
        {
            rs[ParityAt] &= unchecked((byte)~ParityBit);
        }
        return parity is not (0 or 1) ? throw new FormatException($"v is {parity + V}; it is {V} or {V + 1}.")
            : Secp256k1.IsSignature(rs) ? new EvmSignature(rs, parity)
            : throw new FormatException("r and s are no signature, or s is large.");
    }

    /// <summary>65 bytes.</summary>
    public byte[] ToBytes() => [.. _rs, (byte)(V + _parity)];

    /// <summary>64 bytes.</summary>
    public byte[] ToCompact()
    {
        var bytes = _rs.ToArray();
        bytes[ParityAt] |= (byte)(_parity * ParityBit);
        return bytes;
    }

    /// <summary>Who signed a digest; null where no key did.</summary>
    public EvmAddress? SignerOf(Bytes32 digest)
    {
        Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeySize];
        return Secp256k1.TryRecover(digest.ToArray(), _rs, _parity, publicKey) ? EvmAddresses.Of(publicKey) : null;
    }
}
