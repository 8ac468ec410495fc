namespace Marketplace.Tests.Tidy;

/// <summary>Who may know whom: ARCHITECTURE.md, "Folders and arrows". Read from the compiled assemblies, not from project files.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Values"] = [],
        ["Crypto"] = ["Values"],
        ["Engine"] = ["Values"],
        ["GrainHost"] = [],
        ["GrainInterfaces"] = ["Values", "GrainHost"],
        ["Storage"] = ["Values", "Crypto"],
        ["Api"] = ["Values"],
        ["Grains"] = ["Values", "GrainHost", "GrainInterfaces", "Crypto", "Engine", "Storage"],
        ["Gateway"] = ["Values", "GrainHost", "GrainInterfaces", "Api", "Storage"],
        ["Worker"] = ["Values", "Api", "Crypto", "Engine", "Storage"],
        ["Sdk"] = ["Values", "Api", "Crypto", "Storage"],
        ["market"] = ["Values", "Api", "Engine", "Sdk", "Storage"],
        ["Silo"] = ["Values", "GrainHost", "GrainInterfaces", "Crypto", "Engine", "Storage", "Api", "Grains", "Gateway", "Worker"],
    };

    /// <summary>Those of this build: the embedded host is not in the one for the other host.</summary>
    public static TheoryData<string> Names => [.. Allowed.Keys.Intersect(Repository.Assemblies.Keys)];

    [Theory, MemberData(nameof(Names))]
    public void Assembly_ReferencesOnlyWhatItsFolderMayKnow(string name)
    {
        var references = new List<string>();
        Repository.Read(
            Repository.Assemblies[name],
            metadata =>
            {
                foreach (var handle in metadata.AssemblyReferences)
                {
                    references.Add(metadata.GetString(metadata.GetAssemblyReference(handle).Name));
                }
            }
        );

        var arrows = references
            .Where(reference => reference.StartsWith("Marketplace.", StringComparison.Ordinal))
            .Select(reference => reference["Marketplace.".Length..]);

        Violations.AssertNone(arrows.Except(Allowed[name]));
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
