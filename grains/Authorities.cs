using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Who may call: every grain method that changes something names its caller, and asks here. A method that earlier silos call without an
/// authority also allows <see cref="Authority.Silo"/>, which is what their calls mean.
/// </summary>
internal static class Authorities
{
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    public static void Require(Authority by, params ReadOnlySpan<Authority> allowed)
    {
        if (!allowed.Contains(by))
        {
            throw new MarketException(
                ErrorCode.Forbidden,
                $"{by} may not ask for this; allowed are {string.Join(", ", allowed.ToArray())}."
            );
        }
    }

    /// <summary>The caller's key has the scope.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    public static void Require(Caller caller, Scopes scope)
    {
        if ((caller.Scopes & scope) != scope)
        {
            throw new MarketException(ErrorCode.Forbidden, $"The key does not have the scope '{scope.ToString().ToLowerInvariant()}'.");
        }
    }

    /// <summary>The caller's key is one of the account's own and has the scope.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    public static void Require(Caller caller, AccountId account, Scopes scope)
    {
        if (caller.Account != account)
        {
            throw new MarketException(
                ErrorCode.Forbidden,
                $"Key '{caller.KeyId}' of account {caller.Account} asks for account {account}; allowed are the account's own keys."
            );
        }
        Require(caller, scope);
    }
}
