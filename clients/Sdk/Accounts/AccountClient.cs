using Marketplace.Receipts;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>The key's account.</summary>
public class AccountClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected AccountClient() => _transport = null!;

    internal AccountClient(HttpTransport transport) => _transport = transport;

    /// <summary>The account's money and open jobs.</summary>
    public virtual Task<Account> Get(CancellationToken cancellation = default) =>
        _transport.Ask<Account>(HttpMethod.Get, Routes.Account, cancellation);

    /// <summary>Which workers and owners of workers get no jobs of the account, beside those that each job names itself.</summary>
    public virtual Task<RefusalList> GetRefusals(CancellationToken cancellation = default) =>
        _transport.Ask<RefusalList>(HttpMethod.Get, Routes.AccountRefusals, cancellation);

    /// <summary>
    /// Sets that list, all at once, for jobs that are submitted from then on. Who adds to it reads it first; of two who do so at the same
    /// moment, the later one counts.
    /// </summary>
    public virtual Task<RefusalList> SetRefusals(RefusalList refusals, CancellationToken cancellation = default) =>
        _transport.Ask<RefusalsRequest, RefusalList>(
            Routes.AccountRefusals,
            new RefusalsRequest(refusals.Workers, refusals.Owners),
            ApiJson.Default.RefusalsRequest,
            cancellation,
            method: HttpMethod.Put
        );

    /// <summary>What the books know of the account on the chain where the market settles.</summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.SettlementNotFound"/>: it settles on none.</exception>
    public virtual Task<AccountChain> GetChain(CancellationToken cancellation = default) =>
        _transport.Ask<AccountChain>(HttpMethod.Get, Routes.AccountChain, cancellation);

    /// <summary>
    /// Says which address stands for the account on the chain, for ever: deposits for it are the account's, and it claims what the account
    /// has earned. The same again changes nothing.
    /// </summary>
    /// <param name="owner">The address.</param>
    /// <param name="byAccount">By the account's own key, of the digest of <see cref="AccountOwner"/>: Ed25519, 64 bytes.</param>
    /// <param name="byOwner">By the address's key, of the same digest: see <see cref="AccountOwner.Sign"/>.</param>
    /// <param name="cancellation">Ends the call.</param>
    public virtual Task<AccountChain> SetChain(
        EvmAddress owner,
        ReadOnlyMemory<byte> byAccount,
        ReadOnlyMemory<byte> byOwner,
        CancellationToken cancellation = default
    ) =>
        _transport.Ask<AccountChainRequest, AccountChain>(
            Routes.AccountChain,
            new AccountChainRequest(owner, byAccount, byOwner),
            ApiJson.Default.AccountChainRequest,
            cancellation,
            method: HttpMethod.Put
        );

    /// <summary>
    /// Sends money to another account, once per request id; needs the scope <see cref="Scope.Transfer"/>. Repeat it with the same request
    /// id and the same moment until an answer comes.
    /// </summary>
    /// <param name="requestId">The caller's own.</param>
    /// <param name="to">An account that was opened or paid before.</param>
    /// <param name="amount">More than 0.</param>
    /// <param name="at">When it was first ordered; null: now.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The account that paid.</returns>
    public virtual Task<Account> Transfer(
        string requestId,
        AccountId to,
        TokenAmount amount,
        DateTimeOffset? at = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(requestId);
        return _transport.Ask<TransferRequest, Account>(
            Routes.Transfers,
            new TransferRequest(requestId, to, amount, at ?? _transport.Options.TimeProvider.GetUtcNow()),
            ApiJson.Default.TransferRequest,
            cancellation
        );
    }
}
