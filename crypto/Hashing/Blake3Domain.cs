namespace Marketplace.Crypto;

/// <summary>
/// A domain of its own for hashes of one meaning: BLAKE3's derive-key mode with the context hashed once, ahead. Keep it in a static
/// field; hashing allocates nothing. Two domains never give the same hash for any pair of inputs (short of breaking BLAKE3), so a hash
/// of one meaning cannot be passed off as one of another.
/// </summary>
/// <param name="context">A constant in the form "marketplace 2026 what it names v1", used nowhere else.</param>
public sealed class Blake3Domain(string context)
{
    private readonly ChainingValue _key = Blake3.ContextKey(context, Blake3Subtree.LanesDetected);

    public string Context => context;

    public Bytes32 Hash(ReadOnlySpan<byte> material) =>
        Blake3.Hash(material, in _key, Blake3Words.DeriveKeyMaterial, Blake3Subtree.LanesDetected);

    /// <summary>The hash extended to the length of <paramref name="output"/>.</summary>
    public void Hash(ReadOnlySpan<byte> material, Span<byte> output) =>
        Blake3.Hash(material, in _key, Blake3Words.DeriveKeyMaterial, Blake3Subtree.LanesDetected, output);

    /// <summary>A hasher of this domain for material in pieces.</summary>
    public Blake3Hasher CreateHasher() => new(in _key, Blake3Words.DeriveKeyMaterial, Blake3Subtree.LanesDetected);
}
