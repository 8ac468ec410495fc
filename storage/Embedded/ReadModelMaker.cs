using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>
/// Makes the read model of a whole store anew, before the store is used: after an import, which brings documents without their rows. May be
/// broken off at any point and begun again. Ended documents move to the archive on the way, as they do when they are folded.
/// </summary>
internal sealed class ReadModelMaker(FoldedStore folded, SqliteConnection connection, IReadOnlyList<IProjection> projections)
{
    private const int RowsPerTransaction = 512;

    private readonly Dictionary<string, IProjection> _projections = projections.ToDictionary(projection => projection.Kind);

    public void Run()
    {
        Execute("delete from listing");
        Execute("update documents set listing = 0 where listing <> 0");
        Execute("update archive set listing = 0 where listing <> 0");
        // Of the archive first: what moves there meanwhile has its row already.
        var (hash, position) = (long.MinValue, long.MinValue);
        while (InTransaction(() => ListArchived(ref hash, ref position)))
        {
            // Page by page, until one is not full.
        }
        long row = 0;
        while (InTransaction(() => ListDocuments(ref row)))
        {
            // Likewise.
        }
    }

    private bool ListArchived(ref long hash, ref long position)
    {
        var (afterHash, afterPosition) = (hash, position);
        var page = folded.ArchivePageAsWriter(afterHash, afterPosition, RowsPerTransaction);
        foreach (var at in page)
        {
            (hash, position) = at;
            // After a power cut a row may point to where its bytes were lost; the journal has that document, and the fold lists it.
            if (!folded.TryReadArchived(hash, position, out var archived, out _))
            {
                continue;
            }
            var (listing, _) = List(archived.Key, archived.Document);
            if (listing == 0)
            {
                continue;
            }
            folded.Writer.DeleteArchived(hash, position);
            folded.Writer.InsertArchived(hash, position, folded.Names.OfKind(archived.Key.Kind), listing);
        }
        return page.Count == RowsPerTransaction;
    }

    private bool ListDocuments(ref long row)
    {
        var page = folded.DocumentPageAsWriter(row, RowsPerTransaction);
        foreach (var found in page)
        {
            row = found.Row;
            var document = new StoredDocument(found.Document.Version, found.Document.Content);
            var (listing, ended) = List(found.Key, document);
            if (ended)
            {
                var hash = KeyHash.OfDocument(folded.Seed, found.Key);
                folded.Writer.DeleteDocument(found.Row);
                folded.Writer.InsertArchived(
                    hash,
                    folded.Archive.Append(found.Key, document),
                    folded.Names.OfKind(found.Key.Kind),
                    listing
                );
            }
            else if (listing != 0)
            {
                folded.Writer.UpdateDocument(found.Row, found.Key.Id, listing, document);
            }
        }
        // The journal does not have these any more, so their bytes must be durable before the row in the tables can go.
        folded.Archive.Flush();
        return page.Count == RowsPerTransaction;
    }

    private (long Listing, bool Ended) List(DocumentKey key, StoredDocument document)
    {
        var ended = false;
        var row = _projections.GetValueOrDefault(key.Kind)?.Project(key.Id, document.Content.Span, out ended);
        return (folded.Listing.Put(0, row, folded.Names), ended);
    }

    private bool InTransaction(Func<bool> work)
    {
        folded.Writer.Begin();
        try
        {
            var more = work();
            folded.Writer.Commit();
            return more;
        }
        catch
        {
            folded.Writer.Rollback();
            throw;
        }
    }

    private void Execute(string sql)
    {
        using var statement = new SqliteStatement(connection, sql);
        statement.Run();
    }
}
