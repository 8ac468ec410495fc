using System.Reflection;
using Orleans;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>A call on its way through the filters.</summary>
internal sealed class FilteredCall(GrainCall call, object grain, Func<object, Task<object?>> method) : IIncomingGrainCallContext
{
    private readonly IReadOnlyList<IIncomingGrainCallFilter> _filters = call.Receiver!.Filters;
    private int _next;

    public object Grain => grain;

    public GrainId? SourceId { get; } = call.Sender?.GrainId;

    public GrainId TargetId { get; } = call.Target.GrainId;

    public GrainInterfaceType InterfaceType => call.Method.InterfaceType;

    public string InterfaceName => call.Method.Interface.Name;

    public string MethodName => call.Method.Method.Name;

    public MethodInfo InterfaceMethod => call.Method.Method;

    public MethodInfo ImplementationMethod => call.Receiver!.GrainClass.ImplementationOf(call.Method.Method);

    public IGrainContext TargetContext { get; } = call.Receiver!;

    public object? Result { get; set; }

    public async Task Invoke()
    {
        var index = _next++;
        if (index < _filters.Count)
        {
            await _filters[index].Invoke(this);
        }
        else if (index == _filters.Count && grain is IIncomingGrainCallFilter own)
        {
            await own.Invoke(this);
        }
        else
        {
            Result = await method(grain);
        }
    }
}
