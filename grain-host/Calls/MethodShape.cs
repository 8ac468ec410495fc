using System.Reflection;
using Marketplace.GrainHost.Hosting;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>What is known of one method of a grain interface before any call, and the pool of its calls.</summary>
internal sealed class MethodShape
{
    private readonly Type _call;
    private readonly CallPool _pool = new();
    private GrainCall? _prototype;

    /// <param name="grainInterface">The interface that the proxy is of.</param>
    /// <param name="method">Its method.</param>
    /// <param name="call">The class of its calls.</param>
    /// <param name="options">How long a caller waits where the method does not say, and who is told of its calls.</param>
    public MethodShape(Type grainInterface, MethodInfo method, Type call, GrainHostOptions options)
    {
        _call = call;
        Interface = grainInterface;
        InterfaceType = GrainInterfaceType.Create(grainInterface.FullName ?? grainInterface.Name);
        Method = method;
        Name = $"{grainInterface.Name}.{method.Name}";
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        AlwaysInterleaves = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsOneWay = method.IsDefined(typeof(OneWayAttribute));
        TakesCancellation = method.GetParameters().Any(parameter => parameter.ParameterType == typeof(CancellationToken));
        Timeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout ?? options.ResponseTimeout;
        Meter = options.CallMeter?.Invoke(method);
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

    /// <summary>Told how long each call ran and how it ended; null: nobody asks.</summary>
    public Action<TimeSpan, Exception?>? Meter { get; }

    /// <summary>
    /// What new calls are made from, itself made with the first of them: most methods are never called, and their classes cost a start the
    /// more. Two of them at once are as good as one.
    /// </summary>
    private GrainCall Prototype => _prototype ??= (GrainCall)Activator.CreateInstance(_call)!;

    public GrainCall Rent(GrainReference target)
    {
        var call = _pool.TryTake() ?? Prototype.New();
        call.Begin(this, target);
        return call;
    }

    public void Return(GrainCall call) => _pool.Give(call);
}
