using System.Collections.Immutable;
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
        RequireSameMarket();
        await RequireMayCreate(request, caller, by);
        AccountRefusals.RequireKeyForm(request);
        return await _history.Announced(async () =>
        {
            await RequireMayCreate(request, caller, by);
            return await GiveKey(request, challenge: null);
        });
    }

    public async Task<CreatedKey> Open(OwnerProof proof, bool mayBeFirst, Authority by)
    {
        RequireSound();
        Authorities.Require(by, Authority.Gateway);
        RequireSameMarket();
        try
        {
            return await OpenProven(proof, mayBeFirst);
        }
        catch (MarketException) when (!_account.IsOpen)
        {
            // A stranger's guess leaves no activation behind.
            DeactivateOnIdle();
            throw;
        }
    }

    private async Task<CreatedKey> OpenProven(OwnerProof proof, bool mayBeFirst)
    {
        AccountRefusals.RequireKeyForm(proof.Request);
        var challenge = OwnerProofs.Require(_market, _id, proof, _clock.GetUtcNow());
        await RequireUnused(challenge);
        if (_account.Keys.Count == 0 && !mayBeFirst)
        {
            await RequireNewest();
            throw AccountRefusals.TooManyAccounts();
        }
        return await _history.Announced(() => OpenAnnounced(proof, challenge));
    }

    private async Task<CreatedKey> OpenAnnounced(OwnerProof proof, DateTimeOffset challenge)
    {
        if (proof.RevokeOthers)
        {
            // Else the owner would have no key at all at the end.
            await RequireRoomForKey(validMax: int.MaxValue);
            // First, because they must end in any case: after a crash in between, the owner asks again. Meanwhile another call may make
            // one more.
            while (_account.Keys.Values.FirstOrDefault(key => key.RevokedAt is null) is { } key)
            {
                await Revoke(key.Id);
            }
        }
        await RequireUnused(challenge);
        return await GiveKey(proof.Request, challenge);
    }

    /// <summary>One event says that there is the key and that its challenge is used.</summary>
    private async Task<CreatedKey> GiveKey(KeyRequest request, DateTimeOffset? challenge)
    {
        await RequireRoomForKey(AccountPolicy.KeysMax);
        var (id, secret) = _secrets.NewKey();
        await Append(new KeyCreated(id, request.Name, request.Scopes, request.SpendLimit, _clock.GetUtcNow()) { Challenge = challenge });
        await _history.TryTell(LedgerChanges.KeyCreated(_account.Keys[id].ToView()));
        // A crash before this leaves a listed key without a secret: no client has seen the secret, so none misses it.
        await LostWrites.Resend(() =>
            GrainFactory.GetGrain<IKeyGrain>(id).Register(_id, request.Scopes, ApiKey.HashSecret(secret), Authority.Account)
        );
        return new CreatedKey(ApiKey.Format(id, secret), _account.Keys[id].ToView());
    }

    private async ValueTask RequireRoomForKey(int validMax)
    {
        var valid = _account.Keys.Values.Count(key => key.RevokedAt is null);
        if (valid >= validMax || _account.Keys.Count >= AccountPolicy.KeysEverMax)
        {
            await RequireNewest();
            throw AccountRefusals.TooManyKeys(valid, _account.Keys.Count);
        }
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
        RequireSameMarket();
        AccountRefusals.RequireAdministrator(_id, caller, by);
        if (!_account.Keys.ContainsKey(keyId))
        {
            await RequireNewest();
            throw new MarketException(ErrorCode.KeyNotFound, $"The account has no key '{keyId}'.");
        }
        await _history.Announced(() => Revoke(keyId));
    }

    private async Task Revoke(string keyId)
    {
        // The key's grain first, because it decides: after a crash in between the key is refused everywhere though the list shows it as
        // valid, and the caller repeats the call.
        await LostWrites.Resend(() => GrainFactory.GetGrain<IKeyGrain>(keyId).Revoke(Authority.Account));
        if (_account.Keys[keyId].RevokedAt is null)
        {
            var revoked = new KeyRevoked(keyId, _clock.GetUtcNow());
            await Append(revoked);
            await _history.TryTell(LedgerChanges.KeyRevoked(keyId, revoked.At));
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

    private async ValueTask RequireUnused(DateTimeOffset challenge)
    {
        if (challenge <= _account.LastChallenge)
        {
            await RequireNewest();
            throw AccountRefusals.UsedChallenge();
        }
    }
}
