using System.Xml.Linq;

namespace Marketplace.Tests.Tidy;

/// <summary>Who may know whom: ARCHITECTURE.md, "Folders and arrows". Read from the compiled assemblies, not from project files.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Values"] = [],
        ["Crypto"] = ["Values"],
        ["Engine"] = ["Values", "Crypto"],
        ["Chain"] = ["Values", "Crypto", "Receipts"],
        ["GrainHost"] = [],
        ["GrainInterfaces"] = ["Values", "GrainHost"],
        ["Receipts"] = ["Values", "Crypto"],
        ["Storage.Contracts"] = ["Values"],
        ["Storage.State"] = ["Values", "Crypto", "Receipts", "Storage.Contracts"],
        ["Storage"] = ["Values", "Crypto", "Storage.Contracts"],
        ["Api"] = ["Values"],
        ["Grains"] =
        [
            "Values",
            "GrainHost",
            "GrainInterfaces",
            "Crypto",
            "Engine",
            "Receipts",
            "Chain",
            "Storage.Contracts",
            "Storage.State",
        ],
        ["Gateway"] = ["Values", "GrainHost", "GrainInterfaces", "Api", "Crypto", "Receipts", "Storage.Contracts", "Worker.Protocol"],
        ["Worker.Protocol"] = ["Values", "Api", "Crypto", "Receipts"],
        ["Worker"] = ["Values", "Api", "Crypto", "Engine", "Receipts", "Sdk", "Worker.Protocol"],
        ["Sdk"] = ["Values", "Api", "Crypto", "Receipts"],
        ["Sdk.Grains"] = ["Sdk", "Gateway"],
        ["market"] =
        [
            "Values",
            "Api",
            "Chain",
            "Crypto",
            "Engine",
            "Receipts",
            "Sdk",
            "Storage",
            "Storage.Contracts",
            "Storage.State",
            "Worker",
        ],
        ["Silo"] =
        [
            "Values",
            "GrainHost",
            "GrainInterfaces",
            "Crypto",
            "Storage",
            "Storage.Contracts",
            "Api",
            "Grains",
            "Gateway",
            "Receipts",
            "Chain",
            "Worker",
            "Worker.Protocol",
        ],
    };

    /// <summary>Those of this build: the embedded host is not in the one for the other host.</summary>
    public static TheoryData<string> Names => [.. Allowed.Keys.Intersect(Repository.Assemblies.Keys)];

    [Theory, MemberData(nameof(Names))]
    public void Assembly_ReferencesWhatItsFolderMayKnow_AndAllOfIt(string name)
    {
        var arrows = ArrowsOf(Repository.Assemblies[name]);

        Violations.AssertNone(arrows.Except(Allowed[name]).Select(arrow => $"{name} may not know {arrow}"));
        Violations.AssertNone(
            Allowed[name].Intersect(Repository.Assemblies.Keys).Except(arrows).Select(arrow => $"no type of {name} uses {arrow}")
        );
    }

    /// <summary>A reference that no type uses brings its packages to all who install the project.</summary>
    [Fact]
    public void ProjectReference_IsUsedByAType() =>
        Violations.AssertNone(
            from project in Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            let name = Path.GetFileNameWithoutExtension(project) == "Cli" ? "market" : Path.GetFileNameWithoutExtension(project)
            where Allowed.ContainsKey(name) && Repository.Assemblies.ContainsKey(name)
            let arrows = ArrowsOf(Repository.Assemblies[name])
            from reference in XDocument.Load(project).Descendants("ProjectReference")
            let referenced = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)
            where Repository.Assemblies.ContainsKey(referenced) && !arrows.Contains(referenced)
            select $"{Repository.Relative(project)} references {referenced}, which no type of it uses"
        );

    private static HashSet<string> ArrowsOf(string assembly)
    {
        var arrows = new HashSet<string>();
        Repository.Read(
            assembly,
            metadata =>
                arrows = [
                    .. metadata
                        .AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))
                        .Where(reference => reference.StartsWith("Marketplace.", StringComparison.Ordinal))
                        .Select(reference => reference["Marketplace.".Length..]),
                ]
        );
        return arrows;
    }

    /// <summary>
    /// Code generators do not flow through project references: a project that only inherits the programming model from another one would
    /// compile, and be without serializers and proxies.
    /// </summary>
    [Fact]
    public void ProjectWithGrainCode_ReferencesTheProgrammingModelItself() =>
        Violations.AssertNone(
            from project in Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            let name = Path.GetFileNameWithoutExtension(project)
            where name != "GrainHost" && Repository.Assemblies.TryGetValue(name, out var assembly) && KnowsGrains(assembly)
            where !File.ReadAllText(project).Contains("<UsesGrains>true</UsesGrains>", StringComparison.Ordinal)
            select Repository.Relative(project)
        );

    [Fact]
    public void EveryProductAssembly_HasItsArrowsWrittenDown() => Violations.AssertNone(Repository.Assemblies.Keys.Except(Allowed.Keys));

    private static bool KnowsGrains(string assembly)
    {
        var knows = false;
        Repository.Read(
            assembly,
            metadata =>
                knows = metadata
                    .AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))
                    .Any(reference => reference == "Marketplace.GrainHost" || reference.StartsWith("Orleans.", StringComparison.Ordinal))
        );
        return knows;
    }
}
