namespace Marketplace.Chain;

/// <summary>
/// Believes one node at a time: the first endpoint that may be asked. Where it fails or gives an answer of wrong form, the request is
/// repeated, at another endpoint if there is one. Lies in right form pass; see <see cref="QuorumRpc"/>.
/// </summary>
public sealed class FailoverRpc(RpcOptions options) : EvmRpc(options)
{
    private protected override async Task<T> Ask<T>(RpcQuestion<T> question, CancellationToken cancellation)
    {
        // Nodes that gave an error of their own say it again; another node may know better, as where one has pruned the state.
        var refused = new HashSet<EvmNode>();
        RpcException? last = null;
        for (var attempt = 1; ; attempt++)
        {
            var node = await Next(refused, last, cancellation).ConfigureAwait(false);
            var started = Options.TimeProvider.GetTimestamp();
            try
            {
                var value = await node.Ask(question, cancellation).ConfigureAwait(false);
                node.Health.Succeed(started);
                return value;
            }
            catch (RpcException fault) when (fault.Fault != RpcFault.Reverted && attempt < RpcPolicy.AttemptsMax)
            {
                last = fault;
                if (fault.Fault == RpcFault.NodeError)
                {
                    refused.Add(node);
                }
            }
        }
    }

    private protected override Task Tell(RpcQuestion<bool> transaction, CancellationToken cancellation) => Ask(transaction, cancellation);

    /// <summary>The endpoint that may be asked soonest, after the pause that it takes.</summary>
    /// <exception cref="RpcException">
    /// All have refused, or none may be asked soon. It is the last fault of this request, if there was one.
    /// </exception>
    private async Task<EvmNode> Next(HashSet<EvmNode> refused, RpcException? last, CancellationToken cancellation)
    {
        var node = Nodes.Where(node => !refused.Contains(node)).MinBy(node => node.Health.Aside);
        if (node is null)
        {
            throw last!;
        }
        var pause = node.Health.Aside;
        if (pause > RpcPolicy.PauseMax)
        {
            throw last
                ?? new RpcException(
                    node.Endpoint,
                    RpcFault.PutAside,
                    $"All endpoints are put aside, this one for {pause.TotalSeconds:0.#} s more, for: {node.Health.Last}."
                )
                {
                    RetryAfter = pause,
                };
        }
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, Options.TimeProvider, cancellation).ConfigureAwait(false);
        }
        return node;
    }
}
