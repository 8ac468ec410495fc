using Marketplace.GrainHost.Tests.Api;

namespace Marketplace.Tests.Orleans.Api;

/// <summary>
/// The embedded host is held to a list of what Orleans declares; here the list is held to Orleans itself, as far as its assemblies belong
/// to this build.
/// </summary>
public sealed class ApiListTests
{
    private static readonly Lazy<ILookup<string, string>> List = new(() =>
        File.ReadLines(OrleansList.Path()).Select(line => line.Split('\t', 2)).ToLookup(parts => parts[0], parts => parts[1].TrimEnd())
    );

    /// <summary>Assemblies that the embedded host declares something of.</summary>
    [Theory]
    [InlineData("Orleans.Core"), InlineData("Orleans.Core.Abstractions"), InlineData("Orleans.Serialization")]
    [
        InlineData("Orleans.Serialization.Abstractions"),
        InlineData("Orleans.Runtime"),
        InlineData("Orleans.Streaming"),
        InlineData("Orleans.Reminders")
    ]
    public void EveryListedMember_ExistsInTheAssembly(string assembly)
    {
        using var real = new ApiSurface(Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"), prefix: "");
        var members = real.Members().Select(member => member.Id).ToHashSet(StringComparer.Ordinal);

        var missing = List.Value[assembly].Where(listed => !members.Contains(listed)).Except(OrleansList.GoneFromThePackages).ToArray();
        var back = OrleansList.GoneFromThePackages.Where(members.Contains).ToArray();

        Assert.True(missing.Length == 0, $"{assembly} does not have:\n{string.Join('\n', missing)}");
        Assert.True(back.Length == 0, $"{assembly} has again, take them from the list of those that are gone:\n{string.Join('\n', back)}");
        Assert.NotEmpty(List.Value[assembly]);
    }
}
