using System.Buffers;

namespace Marketplace;

/// <summary>Writes a download to a file that appears under its name only when it is whole.</summary>
internal static class FileDownload
{
    public static async Task<long> Write(
        Stream content,
        string path,
        bool overwrite,
        IProgress<long>? progress,
        CancellationToken cancellation
    )
    {
        var target = Path.GetFullPath(path);
        if (!overwrite && File.Exists(target))
        {
            throw new IOException($"{target} exists. Choose another name, or ask for it to be replaced.");
        }
        // In the same folder, so that the rename cannot become a copy.
        var part = $"{target}.{Guid.NewGuid():N}.part";
        try
        {
            long size;
            await using (
                var file = new FileStream(
                    part,
                    FileMode.CreateNew,
                    FileAccess.Write,
                    FileShare.None,
                    bufferSize: 0,
                    FileOptions.Asynchronous
                )
            )
            {
                size = await Copy(content, file, progress, cancellation).ConfigureAwait(false);
            }
            File.Move(part, target, overwrite);
            return size;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static async Task<long> Copy(Stream content, FileStream file, IProgress<long>? progress, CancellationToken cancellation)
    {
        var piece = ArrayPool<byte>.Shared.Rent(SdkPolicy.PieceBytes);
        try
        {
            var size = 0L;
            for (int count; (count = await content.ReadAsync(piece, cancellation).ConfigureAwait(false)) > 0; )
            {
                await file.WriteAsync(piece.AsMemory(0, count), cancellation).ConfigureAwait(false);
                size += count;
                progress?.Report(size);
            }
            return size;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
