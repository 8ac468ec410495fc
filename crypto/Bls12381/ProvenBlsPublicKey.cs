namespace Marketplace.Crypto;

/// <summary>
/// A public key whose owner has proved to have the secret key. Only such keys may be summed: <see cref="Bls.FastAggregateVerify"/>,
/// <see cref="Bls.AggregateVerify"/> and <see cref="BlsCommittee"/> take no others, so a forgotten proof does not compile.
/// </summary>
public sealed class ProvenBlsPublicKey : IEquatable<ProvenBlsPublicKey>
{
    internal ProvenBlsPublicKey(BlsPublicKey key) => Key = key;

    public BlsPublicKey Key { get; }

    /// <summary>
    /// A key whose proof was verified before it was stored. All but the proof is checked again; the caller answers for the place, which no
    /// one else may write to.
    /// </summary>
    /// <exception cref="FormatException">The bytes are no public key.</exception>
    public static ProvenBlsPublicKey FromTrustedStorage(ReadOnlySpan<byte> bytes) => new(BlsPublicKey.Read(bytes));

    public bool Equals(ProvenBlsPublicKey? other) => other is not null && Key.Equals(other.Key);

    public override bool Equals(object? obj) => Equals(obj as ProvenBlsPublicKey);

    public override int GetHashCode() => Key.GetHashCode();

    public override string ToString() => Key.ToString();
}
