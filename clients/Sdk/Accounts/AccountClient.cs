using Marketplace.Api;
using Marketplace.Sdk.Transport;

namespace Marketplace.Sdk;

/// <summary>The key's account.</summary>
public sealed class AccountClient
{
    private readonly HttpTransport _transport;

    internal AccountClient(HttpTransport transport) => _transport = transport;

    public Task<Account> Get(CancellationToken cancellation = default) =>
        _transport.Ask<Account>(HttpMethod.Get, Routes.Account, cancellation);
}
