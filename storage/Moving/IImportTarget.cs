namespace Marketplace.Storage;

/// <summary>
/// An empty node that an export is imported into. Disposing it before <see cref="Complete"/> returned empties it again.
/// </summary>
public interface IImportTarget : IAsyncDisposable
{
    /// <summary>
    /// Called once, when the file was found whole, before anything of it comes: from here on the target is marked as unfinished.
    /// </summary>
    internal ValueTask<IExportVisitor> Begin(CancellationToken cancellation);

    /// <summary>Reads everything back, compares it with what should be there, and only then makes the node usable.</summary>
    /// <exception cref="ImportDiffersException">It is not the same.</exception>
    internal ValueTask Complete(ContentsSummary wanted, CancellationToken cancellation);
}
