using System.Reflection;

namespace Marketplace.GrainHost.Tests.Api;

/// <summary>The host declares nothing in a namespace of Orleans that Orleans does not have: the same source runs on both.</summary>
public class ApiHonestyTests
{
    [Fact]
    public void EveryPublicMember_StandsInTheListOfOrleans()
    {
        var listed = File.ReadLines(OrleansList.Path())
            .Select(line => line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..].TrimEnd())
            .Except(OrleansList.GoneFromThePackages)
            .ToHashSet(StringComparer.Ordinal);
        using var own = new ApiSurface(typeof(Grain).Assembly.Location);

        // The list leaves operators out; those are compared with the package below.
        var unknown = own.Members()
            .Select(member => member.Id)
            .Where(id => !listed.Contains(id) && !id.Contains(".op_", StringComparison.Ordinal));

        AssertNone(unknown);
    }

    [Fact]
    public void EveryMemberOfTheAbstractions_HasTheSameParametersDefaultsConstraintsAndUsage()
    {
        using var own = new ApiSurface(typeof(Grain).Assembly.Location);
        using var theirs = new ApiSurface(PackagePath());
        var expected = theirs.Members().ToDictionary(member => member.Id, member => member.Shape, StringComparer.Ordinal);

        var different = own.Members()
            .Where(member => expected.TryGetValue(member.Id, out var shape) && shape != member.Shape)
            .Select(member => $"{member.Id} is {member.Shape}, Orleans has {expected[member.Id]}");

        AssertNone(different);
    }

    [Fact]
    public void EveryTypeOfTheAbstractions_HasNoOtherBasesThanThere()
    {
        using var own = new ApiSurface(typeof(Grain).Assembly.Location);
        using var theirs = new ApiSurface(PackagePath());
        var expected = theirs.Bases().ToHashSet(StringComparer.Ordinal);
        var known = expected.Select(TypeOf).ToHashSet(StringComparer.Ordinal);

        // Every attribute is an Attribute; a base between the two may be left out.
        AssertNone(
            own.Bases()
                .Where(inherited => known.Contains(TypeOf(inherited)) && !expected.Contains(inherited))
                .Where(inherited => !inherited.EndsWith(": System.Attribute", StringComparison.Ordinal))
        );

        static string TypeOf(string inherited) => inherited[..inherited.IndexOf(':', StringComparison.Ordinal)];
    }

    [Fact]
    public void EveryOperator_ExistsInTheAbstractions()
    {
        using var own = new ApiSurface(typeof(Grain).Assembly.Location);
        using var theirs = new ApiSurface(PackagePath());
        var expected = theirs.Members().Select(member => member.Id).ToHashSet(StringComparer.Ordinal);
        AssertNone(own.Members().Select(member => member.Id).Where(id => id.Contains(".op_", StringComparison.Ordinal)).Except(expected));
    }

    private static void AssertNone(IEnumerable<string> violations)
    {
        var all = string.Join(Environment.NewLine, violations);
        Assert.True(all.Length == 0, all);
    }

    private static string PackagePath()
    {
        var path = typeof(ApiHonestyTests)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "OrleansAbstractions")
            .Value!;
        Assert.True(File.Exists(path), $"{path} is missing: restore brings it.");
        return path;
    }
}
