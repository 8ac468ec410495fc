using System.Collections.Immutable;
using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The account's keys. The list and the spend limits are events of the account; the key's own grain knows whether a secret is right.
/// </summary>
public sealed partial class AccountGrain
{
    public async Task<CreatedKey> CreateKey(KeyRequest request, Caller? caller, Authority by)
    {
        RequireSound();
        await RequireMayCreate(request, caller, by);
        var size = Encoding.UTF8.GetByteCount(request.Name);
        if (size is 0 or > MarketLimits.NameBytesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The key's name has {size} bytes; allowed are 1 to {MarketLimits.NameBytesMax}."
            );
        }
        if ((request.Scopes & ~(Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Admin)) != 0 || request.Scopes == Scopes.None)
        {
            throw new MarketException(ErrorCode.MalformedRequest, "A key needs one or more of the scopes read, submit, deploy, admin.");
        }
        var valid = _account.Keys.Values.Count(key => key.RevokedAt is null);
        if (valid >= AccountPolicy.KeysMax || _account.Keys.Count >= AccountPolicy.KeysEverMax)
        {
            await RequireNewest();
            throw new MarketException(
                ErrorCode.TooManyKeys,
                $"The account has {valid} valid keys and {_account.Keys.Count} in all; allowed are {AccountPolicy.KeysMax} and "
                    + $"{AccountPolicy.KeysEverMax}. A revoked key makes room among the valid ones."
            );
        }

        var (id, secret) = NewSecret();
        await Append(new KeyCreated(id, request.Name, request.Scopes, request.SpendLimit, _clock.GetUtcNow()));
        // A crash before this leaves a listed key without a secret: no client has seen the secret, so none misses it.
        await LostWrites.Resend(() =>
            GrainFactory.GetGrain<IKeyGrain>(id).Register(_id, request.Scopes, ApiKey.HashSecret(secret), Authority.Account)
        );
        return new CreatedKey(ApiKey.Format(id, secret), _account.Keys[id].ToView());
    }

    public async Task<ImmutableArray<KeyView>> ListKeys()
    {
        await RequireOpen();
        await _journal.Settled();
        return _account.KeyViews();
    }

    public async Task RevokeKey(string keyId, Caller? caller, Authority by)
    {
        RequireSound();
        AccountRefusals.RequireAdministrator(_id, caller, by);
        if (!_account.Keys.ContainsKey(keyId))
        {
            await RequireNewest();
            throw new MarketException(ErrorCode.KeyNotFound, $"The account has no key '{keyId}'.");
        }

        // The key's grain first, because it decides: after a crash in between the key is refused everywhere though the list shows it as
        // valid, and the caller repeats the call.
        await LostWrites.Resend(() => GrainFactory.GetGrain<IKeyGrain>(keyId).Revoke(Authority.Account));
        if (_account.Keys[keyId].RevokedAt is null)
        {
            await Append(new KeyRevoked(keyId, _clock.GetUtcNow()));
        }
        else
        {
            await _journal.Settled();
        }
    }

    /// <summary>A key never makes one that may do more than itself.</summary>
    private async Task RequireMayCreate(KeyRequest request, Caller? caller, Authority by)
    {
        AccountRefusals.RequireAdministrator(_id, caller, by);
        if (caller is null)
        {
            return;
        }
        var key = await RequireKey(caller);
        AccountRefusals.RequireNoMore(key, request);
    }

    private (string Id, byte[] Secret) NewSecret()
    {
        Span<byte> id = stackalloc byte[ApiKey.IdBytes];
        var secret = new byte[Bytes32.Size];
        _secrets.Fill(id);
        _secrets.Fill(secret);
        return (ApiKey.FormatId(id), secret);
    }
}
