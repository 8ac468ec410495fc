using System.Collections.Frozen;
using System.Reflection;
using Marketplace.GrainHost.Hosting;
using Orleans;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>All grain classes of a host, found by type name and by interface.</summary>
internal sealed class GrainClasses
{
    private const string AskForAssembly = $"is its assembly in {nameof(GrainHostOptions)}.{nameof(GrainHostOptions.Assemblies)}?";

    private readonly FrozenDictionary<GrainType, GrainClass> _byType;
    private readonly FrozenDictionary<Type, GrainClass[]> _byInterface;
    private readonly FrozenDictionary<string, GrainClass[]> _byStream;

    public GrainClasses(IEnumerable<Assembly> assemblies, ServiceLifetimes lifetimes)
    {
        All =
        [
            .. assemblies
                .Distinct()
                .SelectMany(TypesOf)
                .OrderBy(type => type.FullName, StringComparer.Ordinal)
                .Select(type => new GrainClass(type, lifetimes))
                .Where(grainClass => grainClass.Interfaces.Count > 0),
        ];
        var twins = All.GroupBy(grainClass => grainClass.GrainType).FirstOrDefault(group => group.Count() > 1);
        if (twins is not null)
        {
            var names = string.Join(" and ", twins.Select(grainClass => grainClass.Type));
            throw new OrleansConfigurationException($"The grain type \"{twins.Key}\" names {names}: give one of them a [GrainType].");
        }

        _byType = All.ToFrozenDictionary(grainClass => grainClass.GrainType);
        _byInterface = All.SelectMany(grainClass => grainClass.Interfaces.Select(type => (Interface: type, Class: grainClass)))
            .GroupBy(pair => pair.Interface)
            .ToFrozenDictionary(group => group.Key, group => group.Select(pair => pair.Class).ToArray());
        _byStream = All.SelectMany(grainClass => grainClass.StreamNamespaces.Select(name => (Namespace: name, Class: grainClass)))
            .GroupBy(pair => pair.Namespace, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.Select(pair => pair.Class).ToArray());
    }

    public IReadOnlyList<GrainClass> All { get; }

    /// <summary>The interfaces of an assembly's grains, before there is a host.</summary>
    public static IEnumerable<Type> InterfacesOf(Assembly assembly) => TypesOf(assembly).SelectMany(GrainClass.InterfacesOf).Distinct();

    private static IEnumerable<Type> TypesOf(Assembly assembly) =>
        from type in assembly.GetTypes()
        where type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
        where typeof(IGrainBase).IsAssignableFrom(type) && !typeof(GrainReference).IsAssignableFrom(type)
        select type;

    public GrainClass Of(GrainId id) =>
        _byType.TryGetValue(id.Type, out var found)
            ? found
            : throw new OrleansConfigurationException($"No grain class has the type \"{id.Type}\" of {id}: {AskForAssembly}");

    /// <summary>The classes with an implicit subscription to that namespace.</summary>
    public IReadOnlyList<GrainClass> ListeningTo(string? streamNamespace) =>
        streamNamespace is not null && _byStream.TryGetValue(streamNamespace, out var found) ? found : [];

    /// <summary>The class behind an interface; where there are several, the one whose full name begins with the prefix.</summary>
    public GrainClass Of(Type grainInterface, string? classNamePrefix)
    {
        if (!_byInterface.TryGetValue(grainInterface, out var candidates))
        {
            throw new ArgumentException($"No grain class implements {grainInterface}: {AskForAssembly}");
        }

        if (candidates.Length == 1 && classNamePrefix is null)
        {
            return candidates[0];
        }
        var matching = classNamePrefix is null
            ? candidates
            : [.. candidates.Where(grainClass => grainClass.Type.FullName!.StartsWith(classNamePrefix, StringComparison.Ordinal))];
        return matching.Length == 1
            ? matching[0]
            : throw new ArgumentException(
                $"{matching.Length} classes implement {grainInterface} with the class name prefix \"{classNamePrefix}\": expected one."
            );
    }
}
