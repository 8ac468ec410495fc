using System.IO.Compression;
using System.Security.Cryptography;
using System.Xml.Linq;

namespace Marketplace.Verify.Checks;

/// <summary>What is in packed packages, and what everybody who installs them may count on.</summary>
internal static class PackedFiles
{
    /// <summary>Those that are made for other people's code or typing; the others come with them.</summary>
    private static readonly string[] Made =
    [
        "Marketplace.Sdk",
        "Marketplace.Sdk.Grains",
        "Marketplace.Api",
        "Marketplace.GrainInterfaces",
        "Marketplace.Silo",
        "Marketplace.Cli",
    ];

    /// <returns>How many packages there are.</returns>
    public static int Check(string folder, List<string> found)
    {
        var ids = new HashSet<string>();
        var needed = new List<(string Id, string Version, string By)>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.nupkg"))
        {
            using var package = ZipFile.OpenRead(file);
            var names = package.Entries.Select(entry => entry.FullName).ToHashSet();
            using var text = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
            var nuspec = XDocument.Load(text).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
            string Value(string name) => nuspec.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value ?? "";
            var (id, version) = (Value("id"), Value("version"));
            ids.Add($"{id} {version}");
            Require(Value("license") == "MIT", $"{id} has no licence");
            Require(Value("readme") == "README.md" && names.Contains("README.md"), $"{id} has no README");
            Require(Value("description").Length > 0, $"{id} has no description");
            Require(File.Exists(Path.ChangeExtension(file, ".snupkg")), $"{id} has no package of symbols");
            var library = names.FirstOrDefault(name => name == $"lib/net10.0/{id}.dll");
            Require(id == "Marketplace.Cli" || library is not null, $"{id} has no library");
            Require(library is null || names.Contains(Path.ChangeExtension(library, ".xml")), $"{id} has no documentation");
            needed.AddRange(
                from dependency in nuspec.Descendants()
                where dependency.Name.LocalName == "dependency"
                let other = dependency.Attribute("id")!.Value
                where other.StartsWith("Marketplace.", StringComparison.Ordinal)
                select (other, dependency.Attribute("version")!.Value, id)
            );
        }
        found.AddRange(
            Made.Where(id => !ids.Any(seen => seen.StartsWith($"{id} ", StringComparison.Ordinal))).Select(id => $"{id} is not packed")
        );
        found.AddRange(
            needed
                .Where(need => !ids.Contains($"{need.Id} {need.Version}"))
                .Select(need => $"{need.By} needs {need.Id} {need.Version}, which is not packed")
        );
        return ids.Count;

        void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                found.Add(otherwise);
            }
        }
    }

    /// <summary>Packing twice gives the same bytes.</summary>
    public static void Compare(string first, string second, List<string> found)
    {
        foreach (var file in Directory.EnumerateFiles(first).Select(file => Path.GetFileName(file)!))
        {
            if (Hash(Path.Combine(first, file)) != Hash(Path.Combine(second, file)))
            {
                found.Add($"{file} has other bytes when it is packed again");
            }
        }
    }

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
}
