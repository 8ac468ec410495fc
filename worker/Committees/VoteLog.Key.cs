using System.Security.Cryptography;
using Marketplace.Crypto;

namespace Marketplace.Worker;

public sealed partial class VoteLog
{
    /// <summary>
    /// The key of a folder's log, for proofs of its possession: votes are signed by an open log alone. A worker may have the log open.
    /// </summary>
    /// <param name="folder">The worker's.</param>
    /// <returns>Whose it is, and the key, for the caller to dispose.</returns>
    /// <exception cref="VoteLogException">There is none, or it cannot be read.</exception>
    public static (WorkerId Worker, BlsSecretKey Key) ReadKey(string folder)
    {
        var path = Path.Combine(Path.GetFullPath(folder), Name);
        if (!File.Exists(path))
        {
            throw new VoteLogException($"There is no '{path}': a worker makes its BLS key at its first start with this folder.");
        }
        var bytes = File.ReadAllBytes(path);
        Span<byte> secret = stackalloc byte[BlsSecretKey.Size];
        try
        {
            var head = VoteLogFormat.ReadHead(bytes, secret);
            return head is not null ? (head.Worker, new BlsSecretKey(secret))
                : VoteLogFormat.IsEarlier(bytes) ? throw VoteLogErrors.Earlier(path)
                : throw VoteLogErrors.Damaged(path, "its header");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
