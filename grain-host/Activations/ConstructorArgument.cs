using System.Reflection;
using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>Where one argument of a grain's constructor comes from.</summary>
internal abstract class ConstructorArgument
{
    public abstract object? For(Activation activation);

    public static ConstructorArgument Of(Type grain, ParameterInfo parameter, ServiceLifetimes lifetimes)
    {
        var type = parameter.ParameterType;
        if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state)
        {
            if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            {
                throw new OrleansConfigurationException($"{grain}: {parameter.Name} has [PersistentState] but is no IPersistentState<T>.");
            }
            return (ConstructorArgument)Activator.CreateInstance(typeof(State<>).MakeGenericType(type.GetGenericArguments()), state)!;
        }

        if (type == typeof(IGrainContext))
        {
            return new Context();
        }
        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { Key: { } key })
        {
            return new Keyed(type, key);
        }
        return lifetimes.IsSingleton(type) ? new Singleton(type) : new Scoped(type, parameter);
    }

    private sealed class Context : ConstructorArgument
    {
        public override object For(Activation activation) => activation;
    }

    private sealed class State<TState>(IPersistentStateConfiguration configuration) : ConstructorArgument
    {
        public override object For(Activation activation) => PersistentState<TState>.For(activation, configuration);
    }

    /// <summary>The same for every activation, so it is asked for once, and an activation needs no scope for it.</summary>
    private sealed class Singleton(Type type) : ConstructorArgument
    {
        private object? _value;

        public override object For(Activation activation) => _value ??= activation.Host.Services.GetRequiredService(type);
    }

    private sealed class Keyed(Type type, object key) : ConstructorArgument
    {
        public override object For(Activation activation) => activation.ActivationServices.GetRequiredKeyedService(type, key);
    }

    private sealed class Scoped(Type type, ParameterInfo parameter) : ConstructorArgument
    {
        public override object? For(Activation activation) =>
            parameter.HasDefaultValue
                ? activation.ActivationServices.GetService(type) ?? parameter.DefaultValue
                : activation.ActivationServices.GetRequiredService(type);
    }
}
