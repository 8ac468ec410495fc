using System.Reflection;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>What a grain interface may look like; checked when its proxy is emitted, at the start of the host.</summary>
internal static class GrainInterfaceRules
{
    /// <summary>All methods of the interface and of those that it extends, in an order that does not change between runs.</summary>
    public static IReadOnlyList<MethodInfo> MethodsOf(Type grainInterface)
    {
        if (!grainInterface.IsInterface || !typeof(IAddressable).IsAssignableFrom(grainInterface))
        {
            throw Broken(grainInterface, "is no grain interface");
        }
        if (grainInterface.ContainsGenericParameters || grainInterface.IsGenericType)
        {
            throw Broken(grainInterface, "is generic");
        }

        var methods = grainInterface
            .GetInterfaces()
            .Append(grainInterface)
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .OrderBy(method => method.DeclaringType!.FullName, StringComparer.Ordinal)
            .ThenBy(method => method.ToString(), StringComparer.Ordinal)
            .ToList();
        foreach (var method in methods)
        {
            Check(grainInterface, method);
        }
        return methods;
    }

    private static void Check(Type grainInterface, MethodInfo method)
    {
        if (method.IsSpecialName)
        {
            throw Broken(grainInterface, $"has the property or event accessor {method.Name}: use methods");
        }
        if (method.IsGenericMethodDefinition)
        {
            throw Broken(grainInterface, $"has the generic method {method.Name}");
        }
        if (method.GetParameters().Any(parameter => parameter.ParameterType.IsByRef || parameter.ParameterType.IsByRefLike))
        {
            throw Broken(grainInterface, $"passes a parameter of {method.Name} by reference or on the stack");
        }
        if (method.GetParameters().Count(parameter => parameter.ParameterType == typeof(CancellationToken)) > 1)
        {
            throw Broken(grainInterface, $"passes more than one cancellation token to {method.Name}");
        }

        var oneWay = method.IsDefined(typeof(OneWayAttribute));
        var returned = method.ReturnType;
        if (returned == typeof(void) ? !oneWay : !IsTask(returned))
        {
            throw Broken(grainInterface, $"has the method {method.Name}, which returns {returned.Name} instead of a task");
        }
        if (oneWay && returned.IsGenericType)
        {
            throw Broken(grainInterface, $"has the one-way method {method.Name}, which returns a result");
        }
    }

    private static bool IsTask(Type type)
    {
        var plain = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return plain == typeof(Task) || plain == typeof(Task<>) || plain == typeof(ValueTask) || plain == typeof(ValueTask<>);
    }

    private static OrleansConfigurationException Broken(Type grainInterface, string what) =>
        new($"{grainInterface} cannot be a grain interface: it {what}.");
}
