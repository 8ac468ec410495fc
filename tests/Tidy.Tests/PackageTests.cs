using System.Xml.Linq;

namespace Marketplace.Tests.Tidy;

/// <summary>What is packed for others. <c>verify packages</c> packs, installs and runs all of it.</summary>
public sealed class PackageTests
{
    private static readonly Dictionary<string, XDocument> Projects = Directory
        .EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
        .Where(path => !Repository.Relative(path).Split('/').Contains("artifacts"))
        .ToDictionary(path => path, XDocument.Load);

    private static IEnumerable<string> Packed => Projects.Keys.Where(path => Value(path, "IsPackable") == "true");

    /// <summary>One that is not packed would be missing where the package is installed.</summary>
    [Fact]
    public void PackedProject_StandsOnPackedOnes() =>
        Violations.AssertNone(
            from project in Packed
            where Value(project, "PackAsTool") != "true"
            from reference in Projects[project].Descendants("ProjectReference")
            where reference.Attribute("PrivateAssets") is null
            let other = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(project)!, reference.Attribute("Include")!.Value))
            where !Packed.Contains(other)
            select $"{Repository.Relative(project)} is packed and references {Repository.Relative(other)}, which is not"
        );

    [Fact]
    public void PackedProject_SaysWhatItIs() =>
        Violations.AssertNone(Packed.Where(path => Value(path, "Description") is null or "").Select(Repository.Relative));

    [Fact]
    public void Version_StandsInOnePlace() =>
        Violations.AssertNone(
            Projects
                .Where(project => project.Value.Descendants().Any(element => element.Name.LocalName is "Version" or "VersionPrefix"))
                .Select(project => Repository.Relative(project.Key))
        );

    private static string? Value(string project, string name) => Projects[project].Descendants(name).FirstOrDefault()?.Value;
}
