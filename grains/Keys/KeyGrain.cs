using System.Security.Cryptography;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>Whether a presented secret is that of a valid key, and whose.</summary>
public sealed class KeyGrain : Grain, IKeyGrain
{
    private const byte Format = 1;

    private readonly string _id;
    private readonly StoredDocument<KeyState> _key;

    public KeyGrain(IDocumentStore documents)
    {
        _id = this.GetPrimaryKeyString();
        _key = new StoredDocument<KeyState>(documents, new DocumentKey("key", _id), Write, bytes => Read(bytes.Span));
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _key.Load();

    public async Task Register(AccountId account, Scopes scopes, Bytes32 secretHash, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Account);
        await _key.Load();
        if (_key.Value is { } known)
        {
            // Revoked before it was registered, or after an answer that was lost: it never works again.
            if (known.IsRevoked)
            {
                return;
            }
            if (known.Account != account || known.SecretHash != secretHash)
            {
                throw new InvalidOperationException($"This is a bug in account {account}: key {_id} is registered already.");
            }
            return;
        }

        await _key.Write(new KeyState(account, scopes, secretHash, IsRevoked: false));
    }

    public async Task Revoke(Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Account);
        await _key.Refresh();
        if (_key.Value is not { IsRevoked: true })
        {
            await _key.Write((_key.Value ?? KeyState.Unregistered) with { IsRevoked = true });
        }
    }

    public async Task<Caller?> Verify(Bytes32 secretHash)
    {
        // A key that was revoked in another activation must not live on in this one's memory. The gateway keeps answers for seconds, so
        // this read is one per key and gateway in that time.
        await _key.Refresh();
        if (_key.Value is not { IsRevoked: false } key)
        {
            // A client that guesses ids must not fill the memory with activations.
            DeactivateOnIdle();
            return null;
        }

        return Matches(key.SecretHash, secretHash) ? new Caller(key.Account, _id, key.Scopes) : null;
    }

    private static bool Matches(Bytes32 expected, Bytes32 presented)
    {
        Span<byte> left = stackalloc byte[Bytes32.Size];
        Span<byte> right = stackalloc byte[Bytes32.Size];
        expected.CopyTo(left);
        presented.CopyTo(right);
        return CryptographicOperations.FixedTimeEquals(left, right);
    }

    private static ReadOnlyMemory<byte> Write(KeyState key)
    {
        var writer = new CompactWriter(80);
        writer.Byte(Format);
        writer.Id(key.Account.Value);
        writer.Count((int)key.Scopes);
        writer.Id(key.SecretHash);
        writer.Flag(key.IsRevoked);
        return writer.Finish();
    }

    private static KeyState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A key");
        var key = new KeyState(new AccountId(reader.Id()), (Scopes)reader.Count(), reader.Id(), reader.Flag());
        reader.End();
        return key;
    }

    private sealed record KeyState(AccountId Account, Scopes Scopes, Bytes32 SecretHash, bool IsRevoked)
    {
        /// <summary>
        /// A key whose account has listed it and not registered it yet. Revoked, it is a tombstone for the registration on its way.
        /// </summary>
        public static KeyState Unregistered { get; } = new(default, Scopes.None, default, IsRevoked: false);
    }
}
