using Marketplace.Grains;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// Keeps a silo from starting on data that was restored or imported with its keys, until its operator says that the node it is from does
/// not run any more.
/// </summary>
internal static partial class RestoredNode
{
    /// <summary>Missing blobs that a log names: the first ones show which folder was forgotten.</summary>
    private const int NamedMax = 10;

    /// <exception cref="SiloOptionsException">The data is another node's, and nothing was said of that one.</exception>
    public static void Require(SiloOptions options)
    {
        var data = Path.GetFullPath(options.Data);
        if (!options.AcceptRestored && RestoredMark.Read(data) is { } origin)
        {
            throw new SiloOptionsException(
                $"The data of {data} {origin}. Another node may have the same keys: two would sign as the same market, pay twice and "
                    + "contradict each other. Make sure that the other one does not run and will not be started again. Then start this "
                    + "one once with --accept-restored true."
            );
        }
    }

    /// <summary>
    /// From now on the node is the only one. Books and blobs may have come on two ways, so the log says whether all that the books keep is
    /// there. To be called when the store is open.
    /// </summary>
    public static async Task Accept(SiloOptions options, IServiceProvider services)
    {
        if (!options.AcceptRestored)
        {
            return;
        }
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RestoredNode));
        await CompareBlobs(services.GetRequiredService<IDocumentStore>(), services.GetRequiredService<IBlobStore>(), log);
        var data = Path.GetFullPath(options.Data);
        if (RestoredMark.Read(data) is null)
        {
            LogLeft(log);
            return;
        }
        RestoredMark.Clear(data);
    }

    private static async Task CompareBlobs(IDocumentStore documents, IBlobStore blobs, ILogger log)
    {
        var (kept, missing) = (0, 0);
        await foreach (var blob in PinnedBlobs.Of(documents))
        {
            kept++;
            if (await blobs.Find(blob) is null && ++missing <= NamedMax)
            {
                LogMissing(log, blob);
            }
        }
        if (missing == 0)
        {
            LogWhole(log, kept);
        }
        else
        {
            LogIncomplete(log, missing, kept);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "--accept-restored is set, and this data was accepted before, or never restored. Take it out of the command, the "
            + "environment or the file: left there, it lets the next restored data start unasked"
    )]
    private static partial void LogLeft(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Restored data: all {Kept} blobs that the books keep are there")]
    private static partial void LogWhole(ILogger log, int kept);

    [LoggerMessage(Level = LogLevel.Error, Message = "Restored data: the books keep {Blob}, and it is not there")]
    private static partial void LogMissing(ILogger log, BlobId blob);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Restored data: {Missing} of {Kept} blobs that the books keep are not there: what needs them fails. Stop the silo, copy "
            + "the blobs from where the books came from, and start again with --accept-restored true"
    )]
    private static partial void LogIncomplete(ILogger log, int missing, int kept);
}
