using System.Collections.Concurrent;
using Marketplace.Chain;

namespace Marketplace.Silo;

/// <summary>Says once when a node of the chain begins to fail, or fails for another reason, and once when it is well again.</summary>
internal sealed partial class ChainObserver(ILogger log) : IRpcObserver
{
    private readonly ConcurrentDictionary<string, RpcFault> _faults = new();

    public void Answered(string endpoint, string method, TimeSpan took)
    {
        if (_faults.TryRemove(endpoint, out _))
        {
            LogWell(log, endpoint);
        }
    }

    public void Faulted(RpcException fault, TimeSpan aside)
    {
        var node = fault.Endpoint ?? "";
        var isNew = !_faults.TryGetValue(node, out var before) || before != fault.Fault;
        _faults[node] = fault.Fault;
        if (isNew)
        {
            LogFault(log, fault.Fault, fault.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A node of the chain gave no usable answer ({Fault}): {Reason}")]
    private static partial void LogFault(ILogger log, RpcFault fault, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The chain's node {Node} answers again")]
    private static partial void LogWell(ILogger log, string node);
}
