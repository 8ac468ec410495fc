using System.Collections.Concurrent;

namespace Marketplace.Chain.Tests;

/// <summary>Clients over scripted nodes, with a manual clock and everything that their observer heard.</summary>
internal sealed class RpcRig : IRpcObserver, IAsyncDisposable
{
    private readonly HttpMessageInvoker _invoker = RpcOptions.CreateInvoker();
    private readonly ConcurrentQueue<RpcException> _faults = [];
    private readonly ConcurrentQueue<TimeSpan> _asides = [];

    public RpcRig(int nodes = 1) => Nodes = [.. Enumerable.Range(0, nodes).Select(_ => new ScriptedNode())];

    public ManualTime Time { get; } = new();

    public IReadOnlyList<ScriptedNode> Nodes { get; }

    public ScriptedNode Node => Nodes[0];

    public IReadOnlyList<RpcException> Faults => [.. _faults];

    /// <summary>For how long each fault put its endpoint aside.</summary>
    public IReadOnlyList<TimeSpan> Asides => [.. _asides];

    public RpcOptions Options =>
        new()
        {
            ChainId = SampleChain.ChainId,
            Endpoints = [.. Nodes.Select(node => node.Endpoint)],
            Invoker = _invoker,
            TimeProvider = Time,
            Chance = new Random(1),
            Observer = this,
        };

    public void Answered(string endpoint, string method, TimeSpan took) => Assert.DoesNotContain(ScriptedNode.Secret, endpoint);

    public void Faulted(RpcException fault, TimeSpan aside)
    {
        _faults.Enqueue(fault);
        _asides.Enqueue(aside);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }
        _invoker.Dispose();
    }
}
