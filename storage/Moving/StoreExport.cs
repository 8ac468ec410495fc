using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>What goes into an export file.</summary>
/// <param name="Contents">Documents and streams.</param>
/// <param name="Blobs">Every blob goes with them; null: there are none.</param>
/// <param name="Source">What the file says that it was made of.</param>
/// <param name="Secrets">Key files by name. With them, every reader of the export file has the accounts.</param>
public sealed record ExportSource(
    IStoreContents Contents,
    IBlobStore? Blobs,
    string Source,
    IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> Secrets
);

/// <summary>Writes all that a node keeps to one file. EXPORT.md has its layout.</summary>
public static class StoreExport
{
    private const int BufferBytes = 1 << 20;
    private const int ReportEveryItems = 1000;

    /// <summary>The file appears under its name when it is whole and durable; only its owner may read it.</summary>
    /// <param name="overwrite">False: a file that is there is kept, and the export refused.</param>
    /// <exception cref="MoveRefusedException">The file exists.</exception>
    public static async ValueTask<ContentsSummary> Write(
        string path,
        bool overwrite,
        ExportSource source,
        TimeProvider time,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        path = Path.GetFullPath(path);
        if (!overwrite && File.Exists(path))
        {
            throw Exists(path);
        }
        var partial = $"{path}.{Guid.NewGuid():n}.partial";
        try
        {
            ContentsSummary summary;
            await using (var file = OwnerFile.Create(partial, BufferBytes))
            {
                summary = await Write(new ExportWriter(file), source, time, progress, cancellation).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            if (overwrite)
            {
                File.Move(partial, path, overwrite: true);
            }
            else if (!HardLink.TryRename(partial, path))
            {
                throw Exists(path);
            }
            FolderFlush.Flush(Path.GetDirectoryName(path)!);
            return summary;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static async ValueTask<ContentsSummary> Write(
        ExportWriter writer,
        ExportSource source,
        TimeProvider time,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        writer.About(time.GetUtcNow(), source.Source);
        foreach (var (name, content) in source.Secrets)
        {
            writer.Secret(name, content.Span);
        }
        if (source.Blobs is { } blobs)
        {
            await WriteBlobs(writer, blobs, progress, cancellation).ConfigureAwait(false);
        }
        var items = 0;
        await foreach (var (key, document) in source.Contents.Documents(cancellation).ConfigureAwait(false))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!MovePolicy.HostKinds.Contains(key.Kind))
            {
                writer.Document(key, document.Content.Span);
            }
            if (++items % ReportEveryItems == 0)
            {
                progress?.Report(new MoveProgress("documents", writer.BytesWritten, null));
            }
        }
        await foreach (var (stream, entry) in source.Contents.Entries(cancellation).ConfigureAwait(false))
        {
            cancellation.ThrowIfCancellationRequested();
            writer.Entry(stream, entry.Version, entry.Content.Span);
            if (++items % ReportEveryItems == 0)
            {
                progress?.Report(new MoveProgress("streams", writer.BytesWritten, null));
            }
        }
        return writer.Finish();
    }

    private static async ValueTask WriteBlobs(
        ExportWriter writer,
        IBlobStore blobs,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        await foreach (var blob in blobs.List(cancellation).ConfigureAwait(false))
        {
            await using var content =
                await blobs.Open(blob.Id, cancellation: cancellation).ConfigureAwait(false)
                ?? throw new MoveRefusedException(
                    $"{blob.Id} went away while it was to be exported. Stop whatever uses the blobs, and try again."
                );
            await writer
                .Blob(
                    blob.Id,
                    content.Length,
                    content,
                    _ => progress?.Report(new MoveProgress("blobs", writer.BytesWritten, null)),
                    cancellation
                )
                .ConfigureAwait(false);
        }
    }

    private static MoveRefusedException Exists(string path) =>
        new($"'{path}' exists already, and is not replaced unless that is asked for.");
}
