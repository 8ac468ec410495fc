namespace Marketplace.Receipts;

/// <summary>
/// What a worker tells of a result that it keeps sealed: a hash from which nothing can be read and which fits one result only. So none of
/// several that run a job can copy from another.
/// </summary>
public static class ResultCommitment
{
    internal const string Type = "Commitment(bytes32 worker,bytes32 execution,bytes32 salt)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    /// <summary>The hash of the struct by EIP-712.</summary>
    /// <param name="worker">Whose result: a commitment that another repeats is none of its own.</param>
    /// <param name="execution">The hash of the execution.</param>
    /// <param name="salt">32 bytes by chance.</param>
    public static Bytes32 Of(WorkerId worker, Bytes32 execution, Bytes32 salt)
    {
        var words = new TypedWords(stackalloc byte[4 * Bytes32.Size], TypeHash);
        words.Add(worker.Value);
        words.Add(execution);
        words.Add(salt);
        return words.Hash();
    }
}
