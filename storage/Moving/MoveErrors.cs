namespace Marketplace.Storage;

/// <summary>The file is not a whole, unchanged export that this program can read. Nothing was written.</summary>
public sealed class ExportFileException(string file, long offset, string what)
    : IOException($"'{file}' cannot be imported: at byte {offset}, {what}")
{
    public string File { get; } = file;
    public long Offset { get; } = offset;
    public string What { get; } = what;
}

/// <summary>The place that an import should fill, or an export should read, is not fit for it; the message says what to do.</summary>
public sealed class MoveRefusedException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>After an import the target did not hold what the file holds. The target was emptied.</summary>
public sealed class ImportDiffersException(ContentsSummary wanted, ContentsSummary found)
    : IOException(
        $"The imported store is not what the file holds. File: {wanted}. Store: {found}. This is a bug in the import, or a faulty disk."
    )
{
    public ContentsSummary Wanted { get; } = wanted;
    public ContentsSummary Found { get; } = found;
}

/// <summary>An import into the store was not finished, so what is there is a part of something.</summary>
public sealed class StoreUnfinishedException(string folder)
    : IOException(
        $"'{folder}' holds an import that was not finished. Remove the folders 'store' and 'blobs' of the data folder, which hold nothing "
            + "else, and import again."
    )
{
    public string Folder { get; } = folder;
}
