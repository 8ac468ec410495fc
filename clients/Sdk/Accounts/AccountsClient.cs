using Marketplace.Crypto;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>What <see cref="AccountsClient.Open"/> asks for; by itself a key for all that an owner does, without a limit.</summary>
public sealed class OpenOptions
{
    /// <summary>The API key's name, for people.</summary>
    public string Name { get; set; } = "owner";

    /// <summary>What the API key allows.</summary>
    public IReadOnlyList<Scope> Scopes { get; set; } = [Scope.Read, Scope.Submit, Scope.Deploy, Scope.Transfer];

    /// <summary>What the API key may spend in all; null: no limit but the balance.</summary>
    public TokenAmount? SpendLimit { get; set; }

    /// <summary>All other API keys of the account end: for an owner who lost one.</summary>
    public bool RevokeOthers { get; set; }

    /// <summary>The market's public key, where it is known: a service with another one gets no signature.</summary>
    public string? Market { get; set; }
}

/// <summary>Accounts in general: opens one with its own key pair, and, for the operator, brings money in.</summary>
public class AccountsClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected AccountsClient() => _transport = null!;

    internal AccountsClient(HttpTransport transport) => _transport = transport;

    /// <summary>
    /// Opens the account of this key pair, or gets a further API key of it where it is open. Needs no API key. Never repeated: if no answer
    /// comes, call it again, and a key that was made without being seen stays unused.
    /// </summary>
    /// <exception cref="MarketplaceProtocolException">The service is another market than <see cref="OpenOptions.Market"/>.</exception>
    public virtual async Task<OpenedAccount> Open(Ed25519KeyPair key, OpenOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        options ??= new OpenOptions();
        if (_transport.Url is { IsLoopback: false } url && url.Scheme == Uri.UriSchemeHttp && !_transport.Options.AllowPlaintext)
        {
            throw new InvalidOperationException(
                $"The API key in the answer would cross the network readable ({url}). Use https, or set "
                    + $"{nameof(MarketplaceClientOptions)}.{nameof(MarketplaceClientOptions.AllowPlaintext)}."
            );
        }
        var account = new AccountId(key.PublicKey);
        var challenge = await _transport
            .Ask<ChallengeRequest, AccountChallenge>(
                Routes.AccountChallenges,
                new ChallengeRequest(account),
                ApiJson.Default.ChallengeRequest,
                cancellation
            )
            .ConfigureAwait(false);
        if (!Bytes32.TryParse(challenge.Market, out var market) || challenge.Challenge.Length != MarketIdentity.ChallengeSize)
        {
            throw new MarketplaceProtocolException(_transport.Url, "The service gave a challenge that is none; nothing was signed");
        }
        if (options.Market is { } expected && expected != challenge.Market)
        {
            throw new MarketplaceProtocolException(
                _transport.Url,
                $"The service is the market {challenge.Market}, expected was {expected}; nothing was signed"
            );
        }
        var opening = new AccountOpening(
            Market: market,
            Account: account,
            Challenge: challenge.Challenge,
            Name: options.Name,
            Scopes: options.Scopes.Aggregate(0, (sum, scope) => sum | (int)scope),
            SpendLimit: options.SpendLimit,
            RevokeOthers: options.RevokeOthers
        );
        var request = new OpenRequest(
            Account: account,
            Challenge: challenge.Challenge,
            Signature: key.Sign(opening.Message()),
            Name: options.Name,
            Scopes: options.Scopes,
            SpendLimit: options.SpendLimit,
            RevokeOthers: options.RevokeOthers
        );
        return await _transport
            .Ask<OpenRequest, OpenedAccount>(Routes.Accounts, request, ApiJson.Default.OpenRequest, cancellation, Repeat.Never)
            .ConfigureAwait(false);
    }

    /// <summary>Brings new money into an account, once per operation; needs the operator's key.</summary>
    /// <param name="account">The account; where there is none, it is opened without a key.</param>
    /// <param name="operation">The operator's id of it.</param>
    /// <param name="amount">More than 0.</param>
    /// <param name="at">When it was first ordered; null: now.</param>
    /// <param name="cancellation">Ends the call.</param>
    public virtual Task<Account> Credit(
        AccountId account,
        string operation,
        TokenAmount amount,
        DateTimeOffset? at = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        return _transport.Ask<CreditRequest, Account>(
            Routes.AccountCredits(account),
            new CreditRequest(operation, amount, at ?? _transport.Options.TimeProvider.GetUtcNow()),
            ApiJson.Default.CreditRequest,
            cancellation
        );
    }
}
