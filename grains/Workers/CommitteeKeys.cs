using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>Whether a key for committees is its worker's. Pure; the messages are for the worker's owner.</summary>
internal static class CommitteeKeys
{
    /// <summary>Whether all parts have their lengths, which costs nothing to know.</summary>
    public static bool HasForm(CommitteeKey key) =>
        key.Key.Length == BlsPublicKey.Size
        && key.Possession.Length == BlsSignature.Size
        && key.Registration.Length == Ed25519.SignatureSize;

    public static string WrongForm(CommitteeKey key) =>
        $"The key for committees has {key.Key.Length} bytes, its proof {key.Possession.Length}, its registration "
        + $"{key.Registration.Length}; they take {BlsPublicKey.Size}, {BlsSignature.Size} and {Ed25519.SignatureSize}.";

    /// <summary>Verifies possession and registration, with two pairings: never in a turn that others wait for.</summary>
    /// <param name="domain">Of the market where it is registered.</param>
    /// <returns>Null where both hold.</returns>
    public static MarketException? Refusal(WorkerId worker, CommitteeKey key, MarketDomain domain)
    {
        if (!HasForm(key))
        {
            return Malformed(WrongForm(key));
        }
        if (
            !BlsPublicKey.TryRead(key.Key.Span, out var point)
            || !BlsSignature.TryRead(key.Possession.Span, out var proof)
            || !Bls.TryProvePossession(point, proof, out _)
        )
        {
            return Malformed("The key for committees is no BLS key, or its proof of possession does not hold.");
        }
        var digest = BatchDigest.OfRegistration(domain, worker, key.Key.Span);
        return Ed25519.Verify(worker.Value, digest.ToArray(), key.Registration.Span)
            ? null
            : Malformed($"Worker {worker} has not signed for this market that the key for committees is its own.");
    }

    public static bool AreSame(CommitteeKey? key, CommitteeKey? other) =>
        key is null || other is null
            ? key is null && other is null
            : key.Key.Span.SequenceEqual(other.Key.Span)
                && key.Possession.Span.SequenceEqual(other.Possession.Span)
                && key.Registration.Span.SequenceEqual(other.Registration.Span);

    private static MarketException Malformed(string message) => new(ErrorCode.MalformedRequest, message);
}
