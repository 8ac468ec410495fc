using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// BLS signatures over BLS12-381 with keys in G1 and signatures in G2, the proof-of-possession scheme of
/// <see href="https://www.ietf.org/archive/id/draft-irtf-cfrg-bls-signature-05.html">draft-irtf-cfrg-bls-signature-05</see>: many
/// signatures add up to one of the same size. Handles public values only; may be called from any thread. Keys and signatures were checked
/// when they were read.
/// </summary>
public static class Bls
{
    /// <summary>Bytes of each random factor of <see cref="VerifyBatch"/>: a bad batch passes once in 2^128.</summary>
    private const int FactorSize = 16;

    internal static ReadOnlySpan<byte> SignatureTag => "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"u8;

    internal static ReadOnlySpan<byte> PossessionTag => "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"u8;

    private static readonly BlsAffinePoint<Fp> MinusGenerator = BlsGroups.G1.Negate();

    public static bool Verify(BlsPublicKey key, ReadOnlySpan<byte> message, BlsSignature signature) =>
        Verify(key, message, signature, SignatureTag);

    /// <summary>Verifies that the owner of a key has its secret.</summary>
    /// <param name="key">Anyone's.</param>
    /// <param name="proof">Of <see cref="BlsSecretKey.ProvePossession()"/>.</param>
    /// <param name="proven">The key, which may now be summed with others.</param>
    public static bool TryProvePossession(BlsPublicKey key, BlsSignature proof, [NotNullWhen(true)] out ProvenBlsPublicKey? proven)
    {
        ArgumentNullException.ThrowIfNull(key);
        proven = Verify(key, key.Bytes, proof, PossessionTag) ? new ProvenBlsPublicKey(key) : null;
        return proven is not null;
    }

    /// <summary>The sum of signatures.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static BlsSignature Aggregate(ReadOnlySpan<BlsSignature> signatures)
    {
        if (signatures.IsEmpty)
        {
            throw new ArgumentException("An aggregate needs one signature at least, got none.", nameof(signatures));
        }
        var sum = BlsPoint<Fp2>.Infinity;
        foreach (var signature in signatures)
        {
            BlsPoint<Fp2>.Add(in sum, signature.Point.ToPoint(), out sum);
        }
        return BlsSignature.From(sum.ToAffine());
    }

    /// <summary>Whether a signature is the sum of one of each key for the message at the same place.</summary>
    /// <returns>False also where there are no keys.</returns>
    /// <exception cref="ArgumentException">There are not as many messages as keys.</exception>
    public static bool AggregateVerify(
        ReadOnlySpan<ProvenBlsPublicKey> keys,
        ReadOnlySpan<ReadOnlyMemory<byte>> messages,
        BlsSignature signature
    )
    {
        var plain = new BlsPublicKey[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            plain[i] = keys[i].Key;
        }
        return VerifyAggregate(plain, messages, signature, SignatureTag);
    }

    /// <summary>Whether a signature is the sum of one of each key for the same message.</summary>
    /// <returns>False also where there are no keys.</returns>
    public static bool FastAggregateVerify(ReadOnlySpan<ProvenBlsPublicKey> keys, ReadOnlySpan<byte> message, BlsSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        var sum = BlsPoint<Fp>.Infinity;
        foreach (var key in keys)
        {
            BlsPoint<Fp>.Add(in sum, key.Key.Point, out sum);
        }
        return Verify(sum.ToAffine(), message, signature, SignatureTag);
    }

    /// <summary>
    /// Whether each of many signatures verifies for its key and message, for two thirds of the work; it does not say which does not. Every
    /// signature is multiplied with a random factor, so that errors cannot cancel out; keys need no proof, as they are not summed.
    /// </summary>
    /// <returns>True also for an empty batch.</returns>
    public static bool VerifyBatch(
        ReadOnlySpan<(BlsPublicKey Key, ReadOnlyMemory<byte> Message, BlsSignature Signature)> batch,
        RandomNumberGenerator random
    )
    {
        ArgumentNullException.ThrowIfNull(random);
        if (batch.IsEmpty)
        {
            return true;
        }
        var factors = new byte[batch.Length * FactorSize];
        random.GetBytes(factors);
        var signatures = new BlsAffinePoint<Fp2>[batch.Length];
        var left = new BlsAffinePoint<Fp>[batch.Length + 1];
        var right = new BlsAffinePoint<Fp2>[batch.Length + 1];
        for (var i = 0; i < batch.Length; i++)
        {
            var (key, message, signature) = batch[i];
            if (signature.Point.IsInfinity)
            {
                return false;
            }
            signatures[i] = signature.Point;
            left[i] = BlsMultiple.Sum<Fp>([key.Point], factors.AsSpan(i * FactorSize, FactorSize), FactorSize).ToAffine();
            right[i] = BlsHash.ToG2(message.Span, SignatureTag).ToAffine();
        }
        left[^1] = MinusGenerator;
        right[^1] = BlsMultiple.Sum<Fp2>(signatures, factors, FactorSize).ToAffine();
        return BlsPairing.IsProductOne(left, right);
    }

    internal static bool Verify(BlsPublicKey key, ReadOnlySpan<byte> message, BlsSignature signature, ReadOnlySpan<byte> tag)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(signature);
        return Verify(key.Point, message, signature, tag);
    }

    /// <summary>For keys without a proof the messages must differ, which the caller sees to.</summary>
    internal static bool VerifyAggregate(
        ReadOnlySpan<BlsPublicKey> keys,
        ReadOnlySpan<ReadOnlyMemory<byte>> messages,
        BlsSignature signature,
        ReadOnlySpan<byte> tag
    )
    {
        ArgumentNullException.ThrowIfNull(signature);
        if (keys.Length != messages.Length)
        {
            throw new ArgumentException(
                $"Each key has one message: got {keys.Length} keys and {messages.Length} messages.",
                nameof(messages)
            );
        }
        if (keys.IsEmpty || signature.Point.IsInfinity)
        {
            return false;
        }
        var left = new BlsAffinePoint<Fp>[keys.Length + 1];
        var right = new BlsAffinePoint<Fp2>[keys.Length + 1];
        for (var i = 0; i < keys.Length; i++)
        {
            left[i] = keys[i].Point;
            right[i] = BlsHash.ToG2(messages[i].Span, tag).ToAffine();
        }
        left[^1] = MinusGenerator;
        right[^1] = signature.Point;
        return BlsPairing.IsProductOne(left, right);
    }

    private static bool Verify(in BlsAffinePoint<Fp> key, ReadOnlySpan<byte> message, BlsSignature signature, ReadOnlySpan<byte> tag) =>
        !key.IsInfinity
        && !signature.Point.IsInfinity
        && BlsPairing.IsProductOne([key, MinusGenerator], [BlsHash.ToG2(message, tag).ToAffine(), signature.Point]);
}
