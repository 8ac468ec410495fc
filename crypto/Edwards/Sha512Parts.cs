using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>SHA-512 over two short parts and a message, without allocating for messages of ordinary size.</summary>
internal static class Sha512Parts
{
    public const int Size = SHA512.HashSizeInBytes;

    /// <summary>Up to this size the parts are joined on the stack; what is signed here (roots, receipts, handshakes) is smaller.</summary>
    private const int StackMax = 2048;

    /// <summary><paramref name="first"/> may be secret: the joined copy is wiped.</summary>
    [SkipLocalsInit]
    public static void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> message, Span<byte> hash)
    {
        var known = first.Length + second.Length;
        if (message.Length > StackMax - known)
        {
            using var incremental = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            incremental.AppendData(first);
            incremental.AppendData(second);
            incremental.AppendData(message);
            incremental.GetHashAndReset(hash);
            return;
        }
        Span<byte> joined = stackalloc byte[StackMax];
        first.CopyTo(joined);
        second.CopyTo(joined[first.Length..]);
        message.CopyTo(joined[known..]);
        joined = joined[..(known + message.Length)];
        SHA512.HashData(joined, hash);
        CryptographicOperations.ZeroMemory(joined);
    }
}
