using System.Reflection;
using PublicApiGenerator;

namespace Marketplace.Tests.Tidy;

/// <summary>
/// What programs compile against is a file in review, beside the project of each package that they name: a changed or removed line may
/// break a program that was built for the version before. To accept a change, run the tests once with the environment variable
/// MARKETPLACE_ACCEPT=1 and look at the difference. Only what the compiled assembly offers is looked at, so one grain host is enough.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        // What a compiler or serializer reads is no part of a program's text; wire.txt has the numbers and names that grain calls need.
        ExcludeAttributes =
        [
            "System.Runtime.CompilerServices.IsReadOnlyAttribute",
            "System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute",
            "System.Runtime.CompilerServices.AsyncStateMachineAttribute",
        ],
    };

    [Theory]
    [InlineData("Marketplace.Api", "clients/Api")]
    [InlineData("Marketplace.Sdk", "clients/Sdk")]
    [InlineData("Marketplace.Sdk.Grains", "clients/Grains")]
    [InlineData("Marketplace.GrainInterfaces", "grain-interfaces")]
    public void PublicApi_IsTheOneThatIsCheckedIn(string assembly, string folder)
    {
        Assert.SkipUnless(
            Repository.Assemblies.ContainsKey("GrainHost"),
            "Orleans's code generator adds types of its own to the assemblies."
        );
        var lines = Assembly.Load(assembly).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd().Split('\n');
        var path = Path.Combine(Repository.Root, folder, "public-api.txt");
        if (Environment.GetEnvironmentVariable("MARKETPLACE_ACCEPT") == "1")
        {
            File.WriteAllText(path, string.Join('\n', lines) + "\n");
        }

        var kept = File.Exists(path) ? File.ReadAllLines(path) : [];
        Assert.True(
            kept.SequenceEqual(lines),
            $"The public API of {assembly} differs from {folder}/public-api.txt:\n"
                + string.Join('\n', kept.Except(lines).Select(line => $"- {line}").Concat(lines.Except(kept).Select(line => $"+ {line}")))
                + "\nWhere that is wanted, and programs that were built before still work or the CHANGELOG tells their authors what to do, "
                + "run this once with MARKETPLACE_ACCEPT=1 and review the file."
        );
    }

    /// <summary>
    /// A program that has a silo inside and is its client would have to say which of two it means. The wire's records, in a namespace that
    /// such a program does not use, are called as those of the API where they are the same thing.
    /// </summary>
    [Fact]
    public void PublicTypes_OfPackagesThatAreUsedTogether_HaveNamesOfTheirOwn()
    {
        string[] assemblies = ["Marketplace.Values", "Marketplace.Api", "Marketplace.Sdk", "Marketplace.Sdk.Grains", "Marketplace.Silo"];
        var doubled = assemblies
            .SelectMany(assembly => Assembly.Load(assembly).GetExportedTypes())
            .Where(type => !type.IsNested && type.Namespace?.StartsWith("Marketplace", StringComparison.Ordinal) == true)
            .GroupBy(type => type.Name)
            .Where(same => same.Count() > 1)
            .Select(same => string.Join(" and ", same.Select(type => type.FullName)));

        Assert.Empty(doubled);
    }
}
