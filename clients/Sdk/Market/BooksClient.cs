using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>For operators, with a key of the scope admin: whether the money of all accounts adds up.</summary>
public class BooksClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected BooksClient() => _transport = null!;

    internal BooksClient(HttpTransport transport) => _transport = transport;

    /// <summary>What the silo's last check came to.</summary>
    public virtual Task<CheckedBooks> Get(CancellationToken cancellation = default) =>
        _transport.Ask<CheckedBooks>(HttpMethod.Get, Routes.Books, cancellation);

    /// <summary>Has a check made in the background that begins after the call, and answers at once what the last one came to.</summary>
    public virtual Task<CheckedBooks> Check(CancellationToken cancellation = default) =>
        _transport.Ask<CheckedBooks>(HttpMethod.Post, Routes.Books, cancellation);
}
