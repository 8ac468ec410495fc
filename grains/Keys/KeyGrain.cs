using System.Security.Cryptography;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Whether a presented secret is that of a valid key, and whose.</summary>
internal sealed class KeyGrain : Grain, IKeyGrain
{
    private readonly string _id;
    private readonly StoredState<KeyState> _key;

    public KeyGrain([PersistentState(KeyState.Kind, StateStorage.Documents)] IPersistentState<KeyState> key)
    {
        _id = this.GetPrimaryKeyString();
        _key = new StoredState<KeyState>(key);
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
}
