using Marketplace.Api;
using Marketplace.Sdk.Transport;

namespace Marketplace.Sdk;

/// <summary>API keys of the account; needs the scope <see cref="Scope.Admin"/>.</summary>
public sealed class KeysClient
{
    private readonly HttpTransport _transport;

    internal KeysClient(HttpTransport transport) => _transport = transport;

    /// <summary>
    /// Makes a key. Never repeated: a second attempt would make a second key. If no answer comes, look for the name with <see cref="List"/>
    /// and revoke what is there, because its secret is lost.
    /// </summary>
    public Task<CreatedKey> Create(KeyRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.Ask<KeyRequest, CreatedKey>(Routes.Keys, request, ApiJson.Default.KeyRequest, cancellation, Repeat.Never);
    }

    /// <summary>The account's keys, without their secrets, also the revoked ones.</summary>
    public IAsyncEnumerable<AccessKey> List(int pageSize = 100, CancellationToken cancellation = default) =>
        Paging.Items<AccessKey>(_transport, Routes.Keys, pageSize, cancellation);

    /// <inheritdoc cref="JobsClient.ListPage"/>
    public Task<Page<AccessKey>> ListPage(string? cursor = null, int pageSize = 100, CancellationToken cancellation = default) =>
        Paging.Page<AccessKey>(_transport, Routes.Keys, pageSize, cursor, cancellation);

    /// <summary>From now on the key is refused everywhere, after at most five seconds.</summary>
    public Task Revoke(string id, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return _transport.Tell(HttpMethod.Delete, Routes.Key(id), cancellation);
    }
}
