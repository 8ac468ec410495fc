using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Marketplace.Tests.Tidy;

/// <summary>The source tree and the compiled assemblies that the conventions are checked on.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The product's assemblies, by name without the prefix <c>Marketplace.</c>.</summary>
    public static IReadOnlyDictionary<string, string> Assemblies { get; } =
        Directory
            .EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Where(path =>
                Path.GetFileName(path) is var name
                && (name.StartsWith("Marketplace.", StringComparison.Ordinal) || name == "market.dll")
                && !name.EndsWith(".Tests.dll", StringComparison.Ordinal)
            )
            .ToDictionary(path => Path.GetFileNameWithoutExtension(path).Replace("Marketplace.", "", StringComparison.Ordinal));

    /// <summary>All C# files under version control's eye: not what a build makes.</summary>
    public static IEnumerable<string> SourceFiles() =>
        Directory
            .EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories)
            .Where(path => !Relative(path).Split('/').Any(part => part is "artifacts" or "bin" or "obj" or "node_modules"));

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    public static void Read(string assembly, Action<MetadataReader> read)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        read(file.GetMetadataReader());
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Marketplace.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"No Marketplace.sln above {AppContext.BaseDirectory}.");
    }
}
