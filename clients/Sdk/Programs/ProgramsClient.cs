using Marketplace.Crypto;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>Programs: deployed modules. A program is named by its module and salt, so deploying it twice gives the same one.</summary>
public class ProgramsClient
{
    private readonly HttpTransport _transport;
    private readonly BlobsClient _blobs;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected ProgramsClient() => (_transport, _blobs) = (null!, null!);

    internal ProgramsClient(HttpTransport transport, BlobsClient blobs) => (_transport, _blobs) = (transport, blobs);

    /// <summary>Deploys a module from a file, unless it is deployed already.</summary>
    /// <param name="name">For people; left out: the file's name without its extension.</param>
    public virtual async Task<DeployedProgram> Deploy(
        string path,
        string? name = null,
        ReadOnlyMemory<byte> salt = default,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(path);
        await using var module = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            SdkPolicy.PieceBytes,
            FileOptions.Asynchronous
        );
        return await Deploy(module, name ?? Path.GetFileNameWithoutExtension(path), salt, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Deploys a module from a stream, unless it is deployed already. The bytes are sent only if the service does not have the program.
    /// </summary>
    public virtual async Task<DeployedProgram> Deploy(
        Stream module,
        string? name = null,
        ReadOnlyMemory<byte> salt = default,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(module);
        if (!module.CanSeek)
        {
            await using var copy = await Buffer(module, cancellation).ConfigureAwait(false);
            return await Deploy(copy, name, salt, progress, cancellation).ConfigureAwait(false);
        }
        var start = module.Position;
        var blob = await Hash(module, cancellation).ConfigureAwait(false);
        if (await Find(IdDerivation.Program(blob, salt.Span), cancellation).ConfigureAwait(false) is { } deployed)
        {
            return deployed;
        }
        module.Position = start;
        var stored = await _blobs.Put(module, progress, cancellation).ConfigureAwait(false);
        var request = new ProgramRequest(stored.Id, name, salt.IsEmpty ? null : salt);
        return await _transport
            .Ask<ProgramRequest, DeployedProgram>(Routes.Programs, request, ApiJson.Default.ProgramRequest, cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>One program, of any deployer.</summary>
    public virtual Task<DeployedProgram> Get(ProgramId id, CancellationToken cancellation = default) =>
        _transport.Ask<DeployedProgram>(HttpMethod.Get, Routes.Program(id), cancellation);

    /// <summary>One program, of any deployer.</summary>
    /// <returns>Null where there is no such program.</returns>
    public virtual async Task<DeployedProgram?> Find(ProgramId id, CancellationToken cancellation = default)
    {
        try
        {
            return await Get(id, cancellation).ConfigureAwait(false);
        }
        catch (MarketplaceException refused) when (refused.Code == ErrorCode.ProgramNotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// Removes a program that the account has deployed. Its module counts against the storage quota until no job needs it and the collector
    /// has passed. Its state is kept: deploying the same module and salt again goes on with it. May be repeated: a program that is gone is
    /// no failure.
    /// </summary>
    /// <returns>False where the account has not deployed it, or has removed it already.</returns>
    /// <exception cref="MarketplaceException">
    /// <see cref="ErrorCode.ProgramInUse"/>: jobs of this account have not ended, and no other account has deployed it.
    /// </exception>
    public virtual async Task<bool> Remove(ProgramId id, CancellationToken cancellation = default)
    {
        try
        {
            await _transport.Tell(HttpMethod.Delete, Routes.Program(id), cancellation, Repeat.Never).ConfigureAwait(false);
            return true;
        }
        catch (MarketplaceException refused) when (refused.Code == ErrorCode.ProgramNotFound)
        {
            return false;
        }
    }

    /// <summary>The account's programs, fetched page by page as they are read.</summary>
    public virtual IAsyncEnumerable<DeployedProgram> List(int pageSize = 100, CancellationToken cancellation = default) =>
        Paging.Items<DeployedProgram>(_transport, Routes.Programs, pageSize, cancellation);

    /// <summary>
    /// The account's programs whose ids begin with these digits, in the order of their ids: to find the one that a few digits name.
    /// </summary>
    /// <param name="digits">8 to 64 hexadecimal digits, without the word that stands before them.</param>
    /// <param name="most">Items at most, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual Task<IReadOnlyList<DeployedProgram>> Find(string digits, int most = 10, CancellationToken cancellation = default) =>
        Paging.Find<DeployedProgram>(_transport, Routes.Programs, digits, most, cancellation);

    /// <inheritdoc cref="JobsClient.ListPage"/>
    public virtual Task<Page<DeployedProgram>> ListPage(
        string? cursor = null,
        int pageSize = 100,
        CancellationToken cancellation = default
    ) => Paging.Page<DeployedProgram>(_transport, Routes.Programs, pageSize, cursor, cancellation);

    private async Task<MemoryStream> Buffer(Stream module, CancellationToken cancellation)
    {
        await using var bounded = new BoundedStream(module, SdkPolicy.ModuleBytesMax, _transport.Url);
        var copy = new MemoryStream();
        await bounded.CopyToAsync(copy, cancellation).ConfigureAwait(false);
        copy.Position = 0;
        return copy;
    }

    private static async Task<BlobId> Hash(Stream module, CancellationToken cancellation)
    {
        var hasher = new Blake3Hasher();
        var piece = new byte[SdkPolicy.PieceBytes];
        for (int count; (count = await module.ReadAsync(piece, cancellation).ConfigureAwait(false)) > 0; )
        {
            hasher.Update(piece.AsSpan(0, count));
        }
        return new BlobId(hasher.Finish());
    }
}
