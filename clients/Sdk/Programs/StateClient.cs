using System.Globalization;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>
/// The state of programs that the account has deployed: keys, values with proofs, and the whole of it in chunks. A proof or a chunk is
/// checked against a root by receipts/STATE.md, without the service; <c>market state verify</c> does so.
/// </summary>
public class StateClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected StateClient() => _transport = null!;

    internal StateClient(HttpTransport transport) => _transport = transport;

    /// <summary>One page of keys, in the order of their bytes.</summary>
    /// <param name="program">Whose state.</param>
    /// <param name="prefix">Only keys that begin so.</param>
    /// <param name="root">An older root that is still kept; left out: the newest.</param>
    /// <param name="after"><see cref="StateKeyPage.Next"/> of the page before.</param>
    /// <param name="limit">Keys at most, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual Task<StateKeyPage> ListPage(
        ProgramId program,
        ReadOnlyMemory<byte> prefix = default,
        StateRoot? root = null,
        string? after = null,
        int limit = 100,
        CancellationToken cancellation = default
    )
    {
        var query = new List<string> { string.Create(CultureInfo.InvariantCulture, $"{Routes.Limit}={limit}") };
        Add(query, Routes.RootFilter, root?.ToString());
        Add(query, Routes.Prefix, prefix.IsEmpty ? null : Convert.ToHexStringLower(prefix.Span));
        Add(query, Routes.After, after);
        return _transport.Ask<StateKeyPage>(HttpMethod.Get, $"{Routes.ProgramState(program)}?{string.Join('&', query)}", cancellation);
    }

    /// <summary>The value of one key, or that it has none.</summary>
    /// <param name="program">Whose state.</param>
    /// <param name="key">Its bytes.</param>
    /// <param name="root">An older root that is still kept; left out: the newest.</param>
    /// <param name="withProof">Whether the answer has the proof.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual Task<StateKeyValue> Get(
        ProgramId program,
        ReadOnlyMemory<byte> key,
        StateRoot? root = null,
        bool withProof = false,
        CancellationToken cancellation = default
    )
    {
        var query = new List<string>();
        Add(query, Routes.RootFilter, root?.ToString());
        Add(query, Routes.WithProof, withProof ? "true" : null);
        var path = Routes.ProgramStateKey(program, key.Span);
        return _transport.Ask<StateKeyValue>(HttpMethod.Get, query.Count == 0 ? path : $"{path}?{string.Join('&', query)}", cancellation);
    }

    /// <summary>The next chunk of the whole state.</summary>
    /// <param name="program">Whose state.</param>
    /// <param name="root"><see cref="StateExport.Root"/> of the first chunk; left out: the newest.</param>
    /// <param name="after"><see cref="StateExport.Next"/> of the chunk before.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual Task<StateExport> Export(
        ProgramId program,
        StateRoot? root = null,
        string? after = null,
        CancellationToken cancellation = default
    )
    {
        var query = new List<string>();
        Add(query, Routes.RootFilter, root?.ToString());
        Add(query, Routes.After, after);
        var path = Routes.ProgramStateExport(program);
        return _transport.Ask<StateExport>(HttpMethod.Get, query.Count == 0 ? path : $"{path}?{string.Join('&', query)}", cancellation);
    }

    /// <summary>
    /// Brings one chunk of an exported state into a program that has had none. Chunks are sent in their order. May be repeated: a chunk
    /// that was taken changes nothing, and the answer says where to go on.
    /// </summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.StateNotEmpty"/>: the program has had state.</exception>
    public virtual Task<ImportedState> Import(
        ProgramId program,
        StateRoot root,
        ReadOnlyMemory<byte> chunk,
        CancellationToken cancellation = default
    ) =>
        _transport.Ask<StateImportRequest, ImportedState>(
            Routes.ProgramStateImport(program),
            new StateImportRequest(root, chunk),
            ApiJson.Default.StateImportRequest,
            cancellation
        );

    private static void Add(List<string> query, string name, string? value)
    {
        if (value is not null)
        {
            query.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }
}
