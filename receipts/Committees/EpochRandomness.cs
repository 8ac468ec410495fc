using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>
/// The randomness of an epoch, by COMMITTEE.md: each worker that may become a member signs the epoch's list with its BLS key, which has one
/// signature only, and the hash over the list and all these shares is what members are drawn by.
/// </summary>
public static class EpochRandomness
{
    /// <summary>What an epoch's committees are drawn for; other draws of an epoch have other purposes.</summary>
    public const string CommitteePurpose = "committee";

    internal static readonly string[] Types =
    [
        "Eligible(uint64 epoch,Member[] members)",
        "EpochShare(Eligible eligible)",
        "Randomness(Eligible eligible,bytes[] shares)",
        "Draw(bytes32 randomness,string purpose,bytes32 subject)",
    ];

    private static readonly Bytes32 EligibleType = TypedWords.HashOf(Types[0] + CommitteeMember.Type);
    private static readonly Bytes32 ShareType = TypedWords.HashOf(Types[1] + Types[0] + CommitteeMember.Type);
    private static readonly Bytes32 RandomnessType = TypedWords.HashOf(Types[2] + Types[0] + CommitteeMember.Type);
    private static readonly Bytes32 DrawType = TypedWords.HashOf(Types[3]);

    /// <summary>What a market signs about who may become a member in an epoch, before it takes shares.</summary>
    /// <param name="eligible">See <see cref="Check"/>.</param>
    public static Bytes32 OfEligible(MarketDomain domain, ulong epoch, IReadOnlyList<CommitteeMember> eligible)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return domain.Digest(EligibleHash(epoch, eligible));
    }

    /// <summary>
    /// What each worker of the list signs with its BLS key. The list is part of it: shares for one list are worth nothing for another,
    /// which could be made to fit them.
    /// </summary>
    /// <exception cref="ArgumentException">The list is none (<see cref="Check"/>).</exception>
    public static Bytes32 OfShare(MarketDomain domain, ulong epoch, IReadOnlyList<CommitteeMember> eligible) =>
        Check(eligible) is { } wrong
            ? throw new ArgumentException(wrong, nameof(eligible))
            : OfShare(domain, epoch, CommitteeMember.HashOf(eligible));

    /// <summary>
    /// As above, for a worker that is told the hash of the list only. The epoch is hashed here: a worker that signs one list in an epoch
    /// signs no second one that a market calls another epoch's.
    /// </summary>
    /// <param name="eligible">Of <see cref="CommitteeMember.HashOf"/>.</param>
    public static Bytes32 OfShare(MarketDomain domain, ulong epoch, Bytes32 eligible)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[2 * Bytes32.Size], ShareType);
        words.Add(EligibleHash(epoch, eligible));
        return domain.Digest(words.Hash());
    }

    /// <summary>The epoch's randomness.</summary>
    /// <param name="shares">One for each of the list, in its order, 192 hexadecimal digits; null: it was withheld.</param>
    /// <exception cref="ArgumentException">The list is none (<see cref="Check"/>), or there is not one share for each.</exception>
    public static Bytes32 Mix(MarketDomain domain, ulong epoch, IReadOnlyList<CommitteeMember> eligible, IReadOnlyList<string?> shares)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(shares);
        if (shares.Count != eligible.Count)
        {
            throw new ArgumentException($"There are {shares.Count} shares for {eligible.Count} workers; each has one.", nameof(shares));
        }
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], RandomnessType);
        words.Add(EligibleHash(epoch, eligible));
        words.Add(TypedWords.HashOf(shares, share => TypedWords.HashOf(share is null ? [] : Convert.FromHexString(share))));
        return domain.Digest(words.Hash());
    }

    /// <summary>What a draw is made by; each subject of each purpose has one of its own.</summary>
    /// <param name="randomness">Of <see cref="Mix"/>.</param>
    /// <param name="subject">Zero, where the epoch has one such draw.</param>
    public static Bytes32 Seed(Bytes32 randomness, string purpose, Bytes32 subject)
    {
        var words = new TypedWords(stackalloc byte[4 * Bytes32.Size], DrawType);
        words.Add(randomness);
        words.Add(purpose);
        words.Add(subject);
        return words.Hash();
    }

    /// <summary>Whether a share is the one that this worker can give for the list.</summary>
    /// <param name="digest">Of <see cref="OfShare(MarketDomain, ulong, IReadOnlyList{CommitteeMember})"/>.</param>
    public static bool IsShare(CommitteeMember worker, Bytes32 digest, string share)
    {
        ArgumentNullException.ThrowIfNull(worker);
        ArgumentNullException.ThrowIfNull(share);
        return CommitteeCertificate.IsHexadecimal(share, BlsSignature.Size)
            && BlsPublicKey.TryRead(Convert.FromHexString(worker.BlsKey), out var key)
            && BlsSignature.TryRead(Convert.FromHexString(share), out var signature)
            && Bls.Verify(key, digest.ToArray(), signature);
    }

    /// <summary>
    /// The members of the epoch's committee of a size, in their order. Who withheld a share is not drawn: it could have chosen between two
    /// outcomes, and would else keep its chance in both.
    /// </summary>
    /// <returns>Fewer where fewer gave a share; then the epoch has no committee of this size.</returns>
    public static IReadOnlyList<CommitteeMember> Committee(
        MarketDomain domain,
        ulong epoch,
        IReadOnlyList<CommitteeMember> eligible,
        IReadOnlyList<string?> shares,
        int size
    )
    {
        var randomness = Mix(domain, epoch, eligible, shares);
        CommitteeMember[] present = [.. eligible.Where((_, index) => shares[index] is not null)];
        return CommitteeDraw.Of(Seed(randomness, CommitteePurpose, default), present, size);
    }

    /// <summary>
    /// Why a list is none; null: it is one. It ascends by worker, each worker and each key is there once, and none has no weight.
    /// </summary>
    public static string? Check(IReadOnlyList<CommitteeMember> eligible)
    {
        ArgumentNullException.ThrowIfNull(eligible);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < eligible.Count; index++)
        {
            var worker = eligible[index];
            if (index > 0 && eligible[index - 1].Worker.Value.CompareTo(worker.Worker.Value) >= 0)
            {
                return $"Worker {worker.Worker} stands in the wrong place, or twice: the list ascends by worker.";
            }
            if (!worker.IsHexadecimal() || !keys.Add(worker.BlsKey) || worker.Weight.IsZero)
            {
                return $"Worker {worker.Worker} has a key or a proof of another form, a key of another worker, or no weight.";
            }
        }
        return null;
    }

    private static Bytes32 EligibleHash(ulong epoch, IReadOnlyList<CommitteeMember> eligible) =>
        Check(eligible) is { } wrong
            ? throw new ArgumentException(wrong, nameof(eligible))
            : EligibleHash(epoch, CommitteeMember.HashOf(eligible));

    private static Bytes32 EligibleHash(ulong epoch, Bytes32 eligible)
    {
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], EligibleType);
        words.Add((UInt128)epoch);
        words.Add(eligible);
        return words.Hash();
    }
}
