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

    /// <summary>The full path of a file or folder, or null where the vectors or this part of them are absent.</summary>
    public static string? Find(string relativePath)
    {
        if (Folder is null)
        {
            return null;
        }
        var path = Path.Combine(Folder, relativePath);
        return Path.Exists(path) ? path : null;
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
