using System.Buffers.Binary;
using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>
/// The digest of what a run wrote to its program's state: Keccak-256 over each change, ascending by key, as length of the key (u32,
/// big-endian), key, and then 0 for a deleted key, or 1, length of the value (u32, big-endian) and value. Zero: nothing was written.
/// </summary>
public ref struct WritesDigest
{
    private Keccak256? _hash;

    /// <param name="changes">Ascending by key; a value of null: the key was deleted.</param>
    public static Bytes32 Of(IEnumerable<(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value)> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var digest = new WritesDigest();
        foreach (var (key, value) in changes)
        {
            digest.Add(key.Span, value);
        }
        return digest.Finish();
    }

    /// <param name="value">Null: the key was deleted.</param>
    public void Add(ReadOnlySpan<byte> key, ReadOnlyMemory<byte>? value)
    {
        _hash ??= new Keccak256();
        Append(_hash, key);
        _hash.Append([value is null ? (byte)0 : (byte)1]);
        if (value is { } present)
        {
            Append(_hash, present.Span);
        }
    }

    public readonly Bytes32 Finish()
    {
        if (_hash is null)
        {
            return default;
        }
        Span<byte> digest = stackalloc byte[Keccak256.DigestSize];
        _hash.Finish(digest);
        return new Bytes32(digest);
    }

    private static void Append(Keccak256 hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)part.Length);
        hash.Append(length);
        hash.Append(part);
    }
}
