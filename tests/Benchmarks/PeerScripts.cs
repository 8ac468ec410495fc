namespace Marketplace.Benchmarks;

/// <summary>Scripts that measure what others made, in <c>shared/peers</c> beside any folder above the running program.</summary>
internal static class PeerScripts
{
    public static string? Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "shared", "peers", name);
            if (File.Exists(script))
            {
                return script;
            }
        }
        return null;
    }
}
