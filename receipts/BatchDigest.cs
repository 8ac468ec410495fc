namespace Marketplace.Receipts;

/// <summary>
/// What is signed for a batch: the digest, by EIP-712, of a struct that holds the root. Workers and markets sign it with Ed25519, members
/// of committees with BLS.
/// </summary>
public static class BatchDigest
{
    internal static readonly string[] Types =
    [
        "Executions(bytes32 root)",
        "Receipts(uint64 epoch,bytes32 root)",
        "Committee(uint64 epoch,Member[] members)",
        "CommitteeReceipts(Committee committee,bytes32 root)",
        "Registration(bytes32 worker,bytes blsKey)",
    ];

    private static readonly Bytes32 ExecutionsType = TypedWords.HashOf(Types[0]);
    private static readonly Bytes32 ReceiptsType = TypedWords.HashOf(Types[1]);
    private static readonly Bytes32 CommitteeType = TypedWords.HashOf(Types[2] + CommitteeMember.Type);
    private static readonly Bytes32 RegistrationType = TypedWords.HashOf(Types[4]);
    private static readonly Bytes32 CommitteeReceiptsType = TypedWords.HashOf(Types[3] + Types[2] + CommitteeMember.Type);

    /// <summary>A worker signs executions that it says it ran.</summary>
    public static Bytes32 OfExecutions(MarketDomain domain, Bytes32 root)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[2 * Bytes32.Size], ExecutionsType);
        words.Add(root);
        return domain.Digest(words.Hash());
    }

    /// <summary>A market signs receipts by which its books stand.</summary>
    /// <param name="epoch">That of all receipts of the batch.</param>
    public static Bytes32 OfReceipts(MarketDomain domain, ulong epoch, Bytes32 root)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], ReceiptsType);
        words.Add((UInt128)epoch);
        words.Add(root);
        return domain.Digest(words.Hash());
    }

    /// <summary>A market signs which members an epoch's committee has.</summary>
    /// <param name="members">In the committee's order.</param>
    /// <exception cref="FormatException">A key or a proof is not hexadecimal.</exception>
    public static Bytes32 OfCommittee(MarketDomain domain, ulong epoch, IReadOnlyList<CommitteeMember> members)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return domain.Digest(CommitteeHash(epoch, members));
    }

    /// <summary>
    /// Members of a committee sign receipts by which they stand. The committee is part of it: a signature for one list of members, or for
    /// one epoch, is worth nothing for another.
    /// </summary>
    /// <param name="members">In the committee's order.</param>
    /// <param name="root">Of the receipts' hashes.</param>
    /// <exception cref="FormatException">A key or a proof is not hexadecimal.</exception>
    public static Bytes32 OfCommitteeReceipts(MarketDomain domain, ulong epoch, IReadOnlyList<CommitteeMember> members, Bytes32 root)
    {
        return OfCommitteeReceipts(domain, CommitteeHash(epoch, members), root);
    }

    /// <inheritdoc cref="OfCommitteeReceipts(MarketDomain, ulong, IReadOnlyList{CommitteeMember}, Bytes32)"/>
    /// <param name="committee">Its <see cref="CommitteeHash"/>.</param>
    public static Bytes32 OfCommitteeReceipts(MarketDomain domain, Bytes32 committee, Bytes32 root)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], CommitteeReceiptsType);
        words.Add(committee);
        words.Add(root);
        return domain.Digest(words.Hash());
    }

    /// <summary>A worker signs with its Ed25519 key that a BLS key is its own, in committees of this market.</summary>
    public static Bytes32 OfRegistration(MarketDomain domain, WorkerId worker, ReadOnlySpan<byte> blsKey)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], RegistrationType);
        words.Add(worker.Value);
        words.Add(TypedWords.HashOf(blsKey));
        return domain.Digest(words.Hash());
    }

    /// <summary>The hash of the struct that says which members an epoch's committee has.</summary>
    /// <exception cref="FormatException">A key or a proof is not hexadecimal.</exception>
    public static Bytes32 CommitteeHash(ulong epoch, IReadOnlyList<CommitteeMember> members)
    {
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], CommitteeType);
        words.Add((UInt128)epoch);
        words.Add(TypedWords.HashOf(members, CommitteeMember.Hash));
        return words.Hash();
    }
}
