using System.Reflection;
using Marketplace.GrainInterfaces;
using Marketplace.Silo;
using Orleans;
using Orleans.Runtime;

namespace Marketplace.Tests.Orleans.Cluster;

/// <summary>References that are made without asking an interface for its names each time.</summary>
[Collection(ClusterFixture.Name)]
public sealed class GrainReferencesTests(ClusterFixture cluster)
{
    public static TheoryData<string> Interfaces =>
        [.. typeof(IJobGrain).Assembly.GetTypes().Where(IsOfTextKey).Select(type => type.FullName!)];

    [Theory, MemberData(nameof(Interfaces))]
    public void References_AreThoseOfOrleans_TheFirstAndTheLater(string name)
    {
        var make = typeof(GrainReferencesTests)
            .GetMethod(nameof(Compare), BindingFlags.NonPublic | BindingFlags.Instance)!
            .MakeGenericMethod(typeof(IJobGrain).Assembly.GetType(name)!);

        make.Invoke(this, []);
    }

    [Fact]
    public void Services_AreHandedThisFactory() => Assert.IsType<GrainReferences>(cluster.Services.GetRequiredService<IGrainFactory>());

    [Fact]
    public void AKeyThatIsBlank_IsRefusedAsByOrleans()
    {
        var references = new GrainReferences(cluster.Client);
        _ = references.GetGrain<IJobGrain>("one");

        Assert.ThrowsAny<ArgumentException>(() => references.GetGrain<IJobGrain>(" "));
    }

    private static bool IsOfTextKey(Type type) => type.IsInterface && type.IsAssignableTo(typeof(IGrainWithStringKey));

    private void Compare<TGrain>()
        where TGrain : IGrainWithStringKey
    {
        var references = new GrainReferences(cluster.Client);
        foreach (var key in (string[])["first", "later"])
        {
            var (own, theirs) = (references.GetGrain<TGrain>(key), cluster.Client.GetGrain<TGrain>(key));
            Assert.Equal(theirs.GetGrainId(), own.GetGrainId());
            Assert.IsType(theirs.GetType(), own);
        }
    }
}
