namespace Marketplace.Storage;

/// <summary>
/// Brings what an export file holds into an empty node: first the whole file is checked, then it is imported, then compared.
/// </summary>
public static class StoreImport
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Reads the file to its end and changes nothing.</summary>
    /// <exception cref="ExportFileException">The file is not a whole, unchanged export.</exception>
    public static ValueTask<ExportedFile> Verify(string path, IProgress<MoveProgress>? progress, CancellationToken cancellation) =>
        Read(path, NoVisitor.Instance, "checking the file", progress, cancellation);

    internal static ValueTask<ExportedFile> Verify(Stream file, string name, CancellationToken cancellation) =>
        ExportReader.Read(file, name, NoVisitor.Instance, null, cancellation);

    /// <summary>All or nothing: after an exception the target is as empty as it was.</summary>
    /// <exception cref="ExportFileException">The file is not a whole, unchanged export.</exception>
    /// <exception cref="ImportDiffersException">What arrived is not what the file holds.</exception>
    public static async ValueTask<ExportedFile> Run(
        string path,
        IImportTarget target,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        var verified = await Verify(path, progress, cancellation).ConfigureAwait(false);
        var visitor = await target.Begin(cancellation).ConfigureAwait(false);
        var imported = await Read(path, visitor, "importing", progress, cancellation).ConfigureAwait(false);
        if (imported.Contents != verified.Contents)
        {
            throw new ExportFileException(path, 0, "the file was changed while it was imported.");
        }
        progress?.Report(new MoveProgress("comparing", 0, null));
        await target.Complete(verified.Contents, cancellation).ConfigureAwait(false);
        return verified;
    }

    private static async ValueTask<ExportedFile> Read(
        string path,
        IExportVisitor visitor,
        string step,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        await using var file = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            BufferBytes,
            FileOptions.SequentialScan
        );
        var total = file.Length;
        var bytes = progress is null ? null : new Steps(done => progress.Report(new MoveProgress(step, done, total)));
        return await ExportReader.Read(file, path, visitor, bytes, cancellation).ConfigureAwait(false);
    }

    private sealed class Steps(Action<long> report) : IProgress<long>
    {
        private const long ReportEveryBytes = 1 << 20;

        private long _reported;

        public void Report(long value)
        {
            if (value - _reported < ReportEveryBytes)
            {
                return;
            }
            _reported = value;
            report(value);
        }
    }

    private sealed class NoVisitor : IExportVisitor
    {
        public static readonly NoVisitor Instance = new();

        public ValueTask Secret(string name, ReadOnlyMemory<byte> content) => default;

        public ValueTask Blob(BlobId id, long size, Stream content) => default;

        public ValueTask Document(DocumentKey key, ReadOnlyMemory<byte> content) => default;

        public ValueTask Entry(string stream, long version, ReadOnlyMemory<byte> content) => default;
    }
}
