using System.Reflection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>What is known of one method of a grain interface before any call, and the pool of its calls.</summary>
internal sealed class MethodShape
{
    private readonly GrainCall _prototype;
    private readonly CallPool _pool = new();

    public MethodShape(Type grainInterface, MethodInfo method, GrainCall prototype, TimeSpan defaultTimeout)
    {
        _prototype = prototype;
        Interface = grainInterface;
        InterfaceType = GrainInterfaceType.Create(grainInterface.FullName ?? grainInterface.Name);
        Method = method;
        Name = $"{grainInterface.Name}.{method.Name}";
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        AlwaysInterleaves = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsOneWay = method.IsDefined(typeof(OneWayAttribute));
        TakesCancellation = method.GetParameters().Any(parameter => parameter.ParameterType == typeof(CancellationToken));
        Timeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout ?? defaultTimeout;
    }

    public Type Interface { get; }

    public GrainInterfaceType InterfaceType { get; }

    public MethodInfo Method { get; }

    /// <summary>For messages and traces: interface and method.</summary>
    public string Name { get; }

    public bool IsReadOnly { get; }

    public bool AlwaysInterleaves { get; }

    public bool IsOneWay { get; }

    public bool TakesCancellation { get; }

    public TimeSpan Timeout { get; }

    public GrainCall Rent(GrainReference target)
    {
        var call = _pool.TryTake() ?? _prototype.New();
        call.Begin(this, target);
        return call;
    }

    public void Return(GrainCall call) => _pool.Give(call);
}
