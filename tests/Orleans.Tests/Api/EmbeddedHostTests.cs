using Marketplace.GrainHost.Tests.Api;

namespace Marketplace.Tests.Orleans.Api;

/// <summary>
/// What the embedded host declares under names of Orleans is what Orleans declares: names and defaults of parameters, constraints, kinds of
/// types, bases, usage of attributes. In the other build only one assembly of Orleans is there to compare with; here all are.
/// </summary>
public sealed class EmbeddedHostTests
{
    [Fact]
    public void EveryMember_IsDeclaredAsInOrleans()
    {
        var real = FromOrleans(surface => surface.Members()).ToLookup(member => member.Id, member => member.Shape, StringComparer.Ordinal);
        using var own = new ApiSurface(EmbeddedHost());

        AssertNone(
            own.Members()
                .Where(member => !real[member.Id].Contains(member.Shape))
                .Select(member =>
                    $"{member.Id} is {member.Shape}, Orleans has {string.Join(" or ", real[member.Id].DefaultIfEmpty("no such member"))}"
                )
        );
    }

    [Fact]
    public void EveryType_HasNoOtherBasesThanInOrleans()
    {
        var real = FromOrleans(surface => surface.Bases()).ToHashSet(StringComparer.Ordinal);
        using var own = new ApiSurface(EmbeddedHost());

        // Every attribute is an Attribute; a base between the two may be left out.
        AssertNone(
            own.Bases().Where(inherited => !real.Contains(inherited) && !inherited.EndsWith(": System.Attribute", StringComparison.Ordinal))
        );
    }

    private static List<T> FromOrleans<T>(Func<ApiSurface, IEnumerable<T>> read)
    {
        var all = new List<T>();
        foreach (var path in Directory.EnumerateFiles(AppContext.BaseDirectory, "Orleans.*.dll"))
        {
            using var surface = new ApiSurface(path);
            all.AddRange(read(surface));
        }

        return all;
    }

    /// <summary>The host's assembly as this build made it, beside this one.</summary>
    private static string EmbeddedHost()
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(mine.Parent!.Parent!.FullName, "GrainHost", mine.Name, "Marketplace.GrainHost.dll");
    }

    private static void AssertNone(IEnumerable<string> violations)
    {
        var all = string.Join('\n', violations);
        Assert.True(all.Length == 0, all);
    }
}
