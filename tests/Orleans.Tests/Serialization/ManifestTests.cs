using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Serialization.Configuration;

namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>What the generator made of our assemblies is found by a host that only references them.</summary>
public sealed class ManifestTests
{
    private static readonly TypeManifestOptions Manifest = Wire.Services.GetRequiredService<IOptions<TypeManifestOptions>>().Value;

    [Fact]
    public void EveryGrainInterface_HasAProxy()
    {
        AssertNone(WireTypes.Interfaces.Except(Manifest.Interfaces));
        AssertNone(WireTypes.Interfaces.Where(type => !Manifest.InterfaceProxies.Any(type.IsAssignableFrom)));
    }

    [Fact]
    public void EveryGrainClass_IsAnImplementation() => AssertNone(WireTypes.GrainClasses.Except(Manifest.InterfaceImplementations));

    [Fact]
    public void EveryWireType_HasAGeneratedCodec() =>
        AssertNone(WireTypes.Generated.Where(type => !Manifest.Serializers.Any(serializer => Has(serializer, "Codec`1", type))));

    [Fact]
    public void EveryValue_HasItsConverter() =>
        AssertNone(WireTypes.Converted.Where(type => !Manifest.Converters.Any(converter => Has(converter, nameof(IConverter<,>), type))));

    private static bool Has(Type type, string contract, Type argument) =>
        type.GetInterfaces()
            .Any(known =>
                known.IsGenericType && known.Name.Contains(contract, StringComparison.Ordinal) && known.GetGenericArguments()[0] == argument
            );

    private static void AssertNone(IEnumerable<Type> missing)
    {
        var all = missing.ToArray();
        Assert.True(all.Length == 0, string.Join('\n', all.Select(type => type.FullName)));
    }
}
