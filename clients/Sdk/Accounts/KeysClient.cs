using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>API keys of the account; needs the scope <see cref="Scope.Admin"/>.</summary>
public class KeysClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected KeysClient() => _transport = null!;

    internal KeysClient(HttpTransport transport) => _transport = transport;

    /// <summary>
    /// Makes a key. Never repeated: a second attempt would make a second key. If no answer comes, look for the name with <see cref="List"/>
    /// and revoke what is there, because its secret is lost.
    /// </summary>
    public virtual Task<CreatedKey> Create(KeyRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.Ask<KeyRequest, CreatedKey>(Routes.Keys, request, ApiJson.Default.KeyRequest, cancellation, Repeat.Never);
    }

    /// <summary>The account's keys, without their secrets, also the revoked ones. They are few: they come in one page.</summary>
    public virtual async Task<IReadOnlyList<AccessKey>> List(CancellationToken cancellation = default) =>
        (await _transport.Ask<Page<AccessKey>>(HttpMethod.Get, Routes.Keys, cancellation).ConfigureAwait(false)).Items;

    /// <summary>A ticket that signs a browser in with this client's key, once. Any key has this right.</summary>
    public virtual Task<SignInTicket> SignIn(CancellationToken cancellation = default) =>
        _transport.Ask<SignInTicket>(HttpMethod.Post, Routes.SignIns, cancellation);

    /// <summary>From now on the key is refused everywhere, after at most five seconds.</summary>
    public virtual Task Revoke(string id, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return _transport.Tell(HttpMethod.Delete, Routes.Key(id), cancellation);
    }
}
