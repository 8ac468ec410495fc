using Marketplace.GrainInterfaces;
using Marketplace.Tests.Orleans.Serialization;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Marketplace.Tests.Orleans.Cluster;

/// <summary>
/// Every method of every grain interface, found by reflection, called through its generated proxy: arguments, the method's name and
/// whatever it answers or throws make the way there and back. What the grains do with made-up arguments is their own tests' matter.
/// </summary>
[Collection(ClusterFixture.Name)]
public sealed class EveryCallTests(ClusterFixture cluster)
{
    /// <summary>Keys that the grains can read; every other grain takes sixty-four digits.</summary>
    private static readonly Dictionary<Type, string> Keys = new()
    {
        [typeof(IProgramGrain)] = default(ProgramId).ToString(),
        [typeof(IStateGrain)] = default(ProgramId).ToString(),
        [typeof(IBlobGrain)] = default(BlobId).ToString(),
        [typeof(IKeyGrain)] = ApiKey.FormatId(new byte[8]),
        [typeof(ILedgerGrain)] = "market",
        [typeof(IBatchesGrain)] = MarketLimits.BatchesKey,
        [typeof(ISettlementGrain)] = MarketLimits.SettlementKey,
        [typeof(IMarketGrain)] = "a market without workers",
    };

    public static TheoryData<string> Methods =>
        [.. WireTypes.Interfaces.SelectMany(type => type.GetMethods().Select(method => $"{type.Name}.{method.Name}"))];

    [Theory, MemberData(nameof(Methods))]
    public async Task Call_MakesTheWayThereAndBack(string name)
    {
        var parts = name.Split('.');
        var grainInterface = WireTypes.Interfaces.Single(type => type.Name == parts[0]);
        var method = grainInterface.GetMethod(parts[1])!;
        var samples = new WireSamples(Fill.Empty);
        var arguments = method
            .GetParameters()
            .Select(parameter =>
                parameter.ParameterType == typeof(CancellationToken)
                    ? TestContext.Current.CancellationToken
                    : samples.Make(parameter.ParameterType)
            );

        var failure = await Record.ExceptionAsync(() => (Task)method.Invoke(GrainOf(grainInterface), [.. arguments])!);

        // A refusal is as good as an answer; a failure of the messages is not, nor an exception that lost its type on the way.
        Assert.False(
            failure is SerializerException or TimeoutException or OrleansException or UnavailableExceptionFallbackException,
            $"{failure}"
        );
    }

    private IGrain GrainOf(Type type) =>
        typeof(IGrainWithIntegerKey).IsAssignableFrom(type)
            ? cluster.Client.GetGrain(type, 0)
            : cluster.Client.GetGrain(type, Keys.GetValueOrDefault(type) ?? default(AccountId).ToString());
}
