using System.Reflection;
using Marketplace.GrainInterfaces;
using Marketplace.Tests.Tidy.Wire;

namespace Marketplace.Tests.Tidy;

/// <summary>
/// A grain method that changes something names its caller: a client's key, a part of the marketplace, or a worker. Those that only ask
/// need none; what they may see is the business of who asks them.
/// </summary>
public sealed class AuthorityTests
{
    private static readonly Type[] Callers =
    [
        typeof(Caller),
        typeof(Authority),
        typeof(WorkerId),
        typeof(WorkerOffer),
        typeof(WorkerPoll),
        typeof(LeaseCall),
    ];

    private static IEnumerable<MethodInfo> Changing => Contracts.Methods.Where(method => method.Effect() != Effect.None);

    [Fact]
    public void MethodThatChangesSomething_NamesItsCaller()
    {
        Assert.NotEmpty(Changing);
        Violations.AssertNone(Changing.Where(method => !NamesCaller(method)).Select(EffectTests.Name));
    }

    [Fact]
    public void MethodThatTakesAnAuthority_AsksWhetherItMay() =>
        Violations.AssertNone(
            from method in Changing
            where Takes(method, typeof(Authority)) && !EffectTests.Reachable(method).Contains("Marketplace.Grains.Authorities.Require")
            select EffectTests.Name(method)
        );

    /// <summary>The tests above would also pass if they took every parameter for a caller.</summary>
    [Fact]
    public void MethodThatOnlyAsks_NeedNotNameOne() => Assert.False(NamesCaller(typeof(IStateGrain).GetMethod(nameof(IStateGrain.Begin))!));

    /// <summary>A worker that is only spoken of does not call: who does is named beside it.</summary>
    private static bool NamesCaller(MethodInfo method) =>
        Callers.Any(caller => Takes(method, caller)) && (Takes(method, typeof(Authority)) || method.Name != nameof(IMarketGrain.Dismiss));

    private static bool Takes(MethodInfo method, Type type) => method.GetParameters().Any(parameter => parameter.ParameterType == type);
}
