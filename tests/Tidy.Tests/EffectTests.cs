using System.Reflection;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Tests.Tidy.Wire;

namespace Marketplace.Tests.Tidy;

/// <summary>
/// A grain method promises what a repetition does (<see cref="Effect"/>). Whether it keeps the promise, tests of the grains show; here is
/// what the compiled code says: nobody promises more than what he calls.
/// </summary>
public sealed class EffectTests
{
    /// <summary>What a call that changes nothing must not come to.</summary>
    private static readonly string[] Writes =
    [
        "Marketplace.Storage.IDocumentStore.Write",
        "Marketplace.Storage.IDocumentStore.Delete",
        "Marketplace.Storage.IEventLog.Append",
        "Orleans.Core.IStorage.WriteStateAsync",
        "Orleans.Core.IStorage.ClearStateAsync",
    ];

    private static readonly Dictionary<string, CallGraph> Graphs = Contracts
        .GrainClasses.Select(type => type.Assembly.GetName().Name!)
        .Distinct()
        .ToDictionary(name => name, name => new CallGraph(Repository.Assemblies[name["Marketplace.".Length..]]));

    private static readonly Dictionary<string, Effect?> Effects = Contracts.Methods.ToDictionary(Name, method => method.Effect());

    [Fact]
    public void EveryGrainMethod_StatesItsEffect() =>
        Violations.AssertNone(Effects.Where(method => method.Value is null).Select(method => method.Key));

    [Fact]
    public void EveryGrainMethod_IsFoundInItsClass() =>
        Assert.All(Contracts.Methods, method => Assert.True(GraphOf(method).Knows(Implementation(method)), Name(method)));

    [Fact]
    public void MethodWithoutEffect_WritesNothingAndCallsOnlyItsLike() =>
        Violations.AssertNone(
            from method in Contracts.Methods
            where method.Effect() == Effect.None
            from called in Reachable(method)
            where Writes.Contains(called) || (Effects.TryGetValue(called, out var effect) && effect != Effect.None)
            select $"{Name(method)} comes to {called}"
        );

    [Fact]
    public void MethodThatMayBeRepeated_CallsNoneThatMayNot() =>
        Violations.AssertNone(
            from method in Contracts.Methods
            where method.Effect() is Effect.Idempotent or Effect.Deduplicated
            from called in Reachable(method)
            where Effects.TryGetValue(called, out var effect) && effect == Effect.NeverRetry
            select $"{Name(method)} comes to {called}"
        );

    /// <summary>The tests above would also pass if they saw no call at all.</summary>
    [Theory]
    [InlineData("Marketplace.GrainInterfaces.IJobGrain.Submit", "Marketplace.Storage.IDocumentStore.Write")]
    [InlineData("Marketplace.GrainInterfaces.IKeyGrain.Revoke", "Orleans.Core.IStorage.WriteStateAsync")]
    [InlineData("Marketplace.GrainInterfaces.IAccountGrain.Credit", "Marketplace.Storage.IEventLog.Append")]
    [InlineData("Marketplace.GrainInterfaces.IMarketGrain.Report", "Marketplace.GrainInterfaces.IJobGrain.Complete")]
    [InlineData("Marketplace.GrainInterfaces.ISubmissionGrain.Submit", "Marketplace.GrainInterfaces.IAccountGrain.Settle")]
    public void CallGraph_SeesThroughAsyncMethodsLambdasAndGenericTypes(string method, string called) =>
        Assert.Contains(called, Reachable(Contracts.Methods.Single(known => Name(known) == method)));

    internal static string Name(MethodInfo method) => $"{method.DeclaringType!.FullName}.{method.Name}";

    internal static IReadOnlySet<string> Reachable(MethodInfo method) => GraphOf(method).Reachable(Implementation(method));

    private static CallGraph GraphOf(MethodInfo method) => Graphs[ClassOf(method).Assembly.GetName().Name!];

    private static Type ClassOf(MethodInfo method) => Contracts.GrainClasses.Single(method.DeclaringType!.IsAssignableFrom);

    private static string Implementation(MethodInfo method)
    {
        var grain = ClassOf(method);
        var map = grain.GetInterfaceMap(method.DeclaringType!);
        return $"{grain.FullName}.{map.TargetMethods[Array.IndexOf(map.InterfaceMethods, method)].Name}";
    }
}
