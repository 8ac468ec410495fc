namespace Marketplace.Testing;

/// <summary>
/// Finds the official test vectors, which are not part of this tree: in the folder that the variable MARKETPLACE_VECTORS names, else in
/// <c>shared/vectors</c> beside any folder above the running program.
/// </summary>
public static class Vectors
{
    public const string Variable = "MARKETPLACE_VECTORS";

    /// <summary>Why a test is skipped where there are none.</summary>
    public const string Missing =
        $"The test vectors are not here: set {Variable} to their folder, or put them into shared/vectors beside the tree.";

    /// <summary>On the build machine a missing file is a failure, elsewhere a skipped test.</summary>
    public static bool Required => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    public static string? Folder { get; } = FindFolder();

    /// <summary>The full path of a file, or null where the vectors or this file of them are absent.</summary>
    public static string? Find(string relativePath)
    {
        if (Folder is null)
        {
            return null;
        }
        var path = Path.Combine(Folder, relativePath);
        return File.Exists(path) ? path : null;
    }

    /// <summary>The files of a folder, in order; none where the vectors or this folder of them are absent.</summary>
    public static IReadOnlyList<string> FindAll(string relativeFolder, string pattern)
    {
        var folder = Folder is null ? null : Path.Combine(Folder, relativeFolder);
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal)] : [];
    }

    private static string? FindFolder()
    {
        var named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return Directory.Exists(named) ? named : null;
        }
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var candidate = Path.Combine(at.FullName, "shared", "vectors");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }
        return null;
    }
}
