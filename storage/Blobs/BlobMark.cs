using System.Security.Cryptography;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>
/// Ties a shared folder of blobs to the database whose documents name them: a file in the folder and a document say the same. Without it a
/// folder that is not mounted looks like a store that has lost every blob, and one of another cluster like a store in which no blob has a
/// pin.
/// </summary>
public sealed class BlobMark
{
    public const string FileName = "cluster";

    private const int IdBytes = 16;

    /// <summary>
    /// Kept blobs looked for in a folder without a mark: enough that some lost ones do not matter, few enough for any file system.
    /// </summary>
    private const int TriedMax = 1000;

    /// <summary>Hold a text each: which database this is, and what its folder's file says.</summary>
    private static readonly DocumentKey Database = new("cluster", "id");

    private static readonly DocumentKey Written = new("cluster", "blobs");

    private readonly string _folder;
    private readonly string _text;

    private BlobMark(string folder, string text) => (_folder, _text) = (folder, text);

    /// <summary>
    /// Checks the folder against the database; the first silo of a database marks its folder, which is made where it is missing. The file
    /// is there before the document, so a start that was cut short is finished by the next one. Where the database already names blobs that
    /// are kept, only a folder that has one of them is marked.
    /// </summary>
    /// <param name="documents">The database's.</param>
    /// <param name="folder">What may be the folder of its blobs.</param>
    /// <param name="kept">The blobs that must be there; read only where nothing is marked yet, and not to its end.</param>
    /// <exception cref="BlobFolderException">It is another folder, or none.</exception>
    public static async Task<BlobMark> Require(IDocumentStore documents, string folder, IAsyncEnumerable<BlobId> kept)
    {
        folder = Path.GetFullPath(folder);
        var text = await Read(documents, Written).ConfigureAwait(false);
        if (text is null)
        {
            var database = await Settle(documents, Database, NewId()).ConfigureAwait(false);
            var found = ReadFile(folder);
            if (found is null)
            {
                var fresh = $"{database} {NewId()}";
                await RequireOneOf(kept, folder, fresh).ConfigureAwait(false);
                found = WriteFile(folder, fresh);
            }
            if (found.Split(' ')[0] != database)
            {
                throw Foreign(folder);
            }
            text = await Settle(documents, Written, found).ConfigureAwait(false);
        }
        var mark = new BlobMark(folder, text);
        mark.Check();
        return mark;
    }

    /// <summary>Reads the file again. Blocks as long as the folder's file system does.</summary>
    /// <exception cref="BlobFolderException">The folder is no longer there, or another one is in its place.</exception>
    public void Check()
    {
        var found = ReadFile(_folder);
        if (found is null)
        {
            throw new BlobFolderException(
                $"The blob folder '{_folder}' has no file '{FileName}': it is not mounted, or is not the folder that this cluster's "
                    + "silos share. Mount it, or "
                    + "give the right one with --blob-folder."
            );
        }
        if (found != _text)
        {
            throw Foreign(_folder);
        }
    }

    private static async Task RequireOneOf(IAsyncEnumerable<BlobId> kept, string folder, string text)
    {
        var files = new BlobFiles(folder);
        var tried = 0;
        await foreach (var blob in kept.Take(TriedMax).ConfigureAwait(false))
        {
            if (File.Exists(files.Data(blob)))
            {
                return;
            }
            tried++;
        }
        if (tried == 0)
        {
            return;
        }
        throw new BlobFolderException(
            $"The blob folder '{folder}' has none of the {tried} blobs that were looked for, which the database says are kept: it is "
                + "not mounted, or is not "
                + "the folder of this database's blobs. Mount it, or give the right one with --blob-folder. If the blobs are lost for "
                + "good, write the file "
                + $"'{Path.Combine(folder, FileName)}' with the line '{text}' and start again."
        );
    }

    private static BlobFolderException Foreign(string folder) =>
        new(
            $"The blob folder '{folder}' belongs to another cluster: its file '{FileName}' names another database. Give the folder that "
                + "this cluster's silos "
                + "share with --blob-folder; or, if that other database is gone for good, delete the file."
        );

    /// <summary>Writes the document where it is missing.</summary>
    /// <returns>What it says, which another silo may have written.</returns>
    private static async Task<string> Settle(IDocumentStore documents, DocumentKey key, string text)
    {
        if (await Read(documents, key).ConfigureAwait(false) is { } before)
        {
            return before;
        }
        try
        {
            await documents.Write(key, 0, Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
            return text;
        }
        catch (VersionConflictException)
        {
            return await Read(documents, key).ConfigureAwait(false)
                ?? throw new InvalidOperationException("This is a bug in the store: the document that was in the way is not there.");
        }
    }

    private static async Task<string?> Read(IDocumentStore documents, DocumentKey key) =>
        await documents.Read(key).ConfigureAwait(false) is { } document ? Encoding.UTF8.GetString(document.Content.Span) : null;

    private static string? ReadFile(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, FileName)).Trim();
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <returns>What the file says, which another silo may have written.</returns>
    private static string WriteFile(string folder, string text)
    {
        _ = new RealFiles(folder);
        var path = Path.Combine(folder, FileName);
        var fresh = $"{path}.{NewId()}";
        try
        {
            using (var file = new FileStream(fresh, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(Encoding.UTF8.GetBytes(text + "\n"));
                file.Flush(flushToDisk: true);
            }
            File.Move(fresh, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(fresh);
            return ReadFile(folder) ?? throw new BlobFolderException($"The file '{path}' went while it was read. Start the silo again.");
        }
        FolderFlush.Flush(folder);
        return text;
    }

    private static string NewId() => RandomNumberGenerator.GetHexString(2 * IdBytes, lowercase: true);
}
