using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// The nonce of a signature, from the key and the digest alone: <see href="https://www.rfc-editor.org/rfc/rfc6979#section-3.2">RFC 6979,
/// 3.2</see>, with HMAC-SHA-256.
/// </summary>
internal ref struct DeterministicNonce
{
    private const int Size = Number256.Size;

    private readonly Span<byte> _key;
    private readonly Span<byte> _value;

    /// <param name="work">64 bytes for the generator's state, which the caller wipes.</param>
    /// <param name="secret">The private key.</param>
    /// <param name="digest">The digest modulo the group's order.</param>
    public DeterministicNonce(Span<byte> work, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> digest)
    {
        _key = work[..Size];
        _value = work[Size..];
        _key.Clear();
        _value.Fill(1);
        Update(0, secret, digest);
        Update(1, secret, digest);
    }

    /// <summary>Writes the next 32 bytes; which of them is a nonce is the caller's to judge.</summary>
    public readonly void Next(Span<byte> candidate)
    {
        HMACSHA256.HashData(_key, _value, candidate);
        candidate.CopyTo(_value);
    }

    /// <summary>After a candidate that was none.</summary>
    public readonly void Skip() => Update(0, [], []);

    private readonly void Update(byte mark, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> digest)
    {
        Span<byte> message = stackalloc byte[(3 * Size) + 1],
            next = stackalloc byte[Size];
        _value.CopyTo(message);
        message[Size] = mark;
        secret.CopyTo(message[(Size + 1)..]);
        digest.CopyTo(message[(Size + 1 + secret.Length)..]);
        HMACSHA256.HashData(_key, message[..(Size + 1 + secret.Length + digest.Length)], next);
        next.CopyTo(_key);
        HMACSHA256.HashData(_key, _value, next);
        next.CopyTo(_value);
        CryptographicOperations.ZeroMemory(message);
        CryptographicOperations.ZeroMemory(next);
    }
}
