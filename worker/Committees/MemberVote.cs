namespace Marketplace.Worker;

/// <summary>What is voted on. The numbers stand in files.</summary>
public enum VoteKind
{
    /// <summary>The share of an epoch's randomness; the subject is zero, as an epoch has one.</summary>
    Share = 1,

    /// <summary>How a job ended: the subject is the job, the digest the hash of its receipt.</summary>
    Receipt = 2,
}

/// <summary>A statement that a member of a committee makes once in an epoch.</summary>
/// <param name="Subject">What it is about.</param>
/// <param name="Digest">What it says. Another digest for the same subject contradicts it.</param>
public readonly record struct MemberVote(VoteKind Kind, Bytes32 Subject, Bytes32 Digest);

/// <summary>A vote that is not cast; nothing was signed and nothing changed.</summary>
public sealed class VoteRefusedException(string message) : Exception(message);

/// <summary>The log cannot be used: nothing is signed with its key.</summary>
public sealed class VoteLogException(string message, Exception? inner = null) : Exception(message, inner);
