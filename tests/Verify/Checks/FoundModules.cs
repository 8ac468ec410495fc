namespace Marketplace.Verify.Checks;

/// <summary>Modules that showed something, as files: a seed is worth nothing once the generator has changed.</summary>
internal static class FoundModules
{
    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "marketplace-found");

    /// <returns>Where it is.</returns>
    public static string Keep(string name, byte[] module)
    {
        Directory.CreateDirectory(Folder);
        var path = Path.Combine(Folder, name + ".wasm");
        File.WriteAllBytes(path, module);
        return path;
    }
}
