using System.Collections.Concurrent;
using System.Security.Cryptography;
using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// Verified keys, each for at most <see cref="GatewayPolicy.KeyCached"/>: a busy client costs one grain call in that time, and a key that
/// was revoked elsewhere is refused after it. Refusals are not kept: a client that sends wrong keys must not push out those of others.
/// </summary>
internal sealed class KeyCache(IGrainFactory grains, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private int _revocations;

    /// <returns>Null where the key is unknown, revoked, or its secret is wrong.</returns>
    public ValueTask<Caller?> Find(ApiKey key) =>
        _entries.TryGetValue(key.Id, out var entry) && entry.Until > time.GetTimestamp() && Matches(entry.Hash, key.SecretHash)
            ? new(entry.Caller)
            : new(Verify(key));

    /// <summary>From the return of this on, the key is asked for anew, also by requests that were asking while it was revoked.</summary>
    public void Forget(string keyId)
    {
        Interlocked.Increment(ref _revocations);
        _entries.TryRemove(keyId, out _);
    }

    /// <summary>As <see cref="Forget"/>, for all keys of an account.</summary>
    public void ForgetAll(AccountId account)
    {
        Interlocked.Increment(ref _revocations);
        foreach (var (id, _) in _entries.Where(entry => entry.Value.Caller.Account == account))
        {
            _entries.TryRemove(id, out _);
        }
    }

    private async Task<Caller?> Verify(ApiKey key)
    {
        var revocations = Volatile.Read(ref _revocations);
        var caller = await grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash);
        if (caller is null)
        {
            return null;
        }
        if (_entries.Count >= GatewayPolicy.KeysCachedMax)
        {
            _entries.Clear();
        }
        var entry = new Entry(
            key.SecretHash,
            caller,
            time.GetTimestamp() + (long)(GatewayPolicy.KeyCached.TotalSeconds * time.TimestampFrequency)
        );
        _entries[key.Id] = entry;
        // A revocation that came while the grain was asked may have removed the entry before it was there.
        if (revocations != Volatile.Read(ref _revocations))
        {
            _entries.TryRemove(KeyValuePair.Create(key.Id, entry));
        }
        return caller;
    }

    private static bool Matches(Bytes32 left, Bytes32 right)
    {
        Span<byte> bytes = stackalloc byte[2 * Bytes32.Size];
        left.CopyTo(bytes);
        right.CopyTo(bytes[Bytes32.Size..]);
        return CryptographicOperations.FixedTimeEquals(bytes[..Bytes32.Size], bytes[Bytes32.Size..]);
    }

    private sealed record Entry(Bytes32 Hash, Caller Caller, long Until);
}
