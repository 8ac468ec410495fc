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
}
