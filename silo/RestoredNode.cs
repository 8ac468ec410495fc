using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// Keeps a silo from starting on data that was restored or imported with its keys, until its operator says that the node it is from does
/// not run any more.
/// </summary>
internal static class RestoredNode
{
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

    /// <summary>From now on the node is the only one. To be called when its store is open.</summary>
    public static void Accept(SiloOptions options)
    {
        var data = Path.GetFullPath(options.Data);
        if (RestoredMark.Read(data) is not null)
        {
            RestoredMark.Clear(data);
        }
    }
}
