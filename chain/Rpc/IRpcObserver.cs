namespace Marketplace.Chain;

/// <summary>
/// Hears of every answer and every fault, for logs and metrics. Called from any thread, several times at once; it returns soon and throws
/// nothing. No text that it is given holds a secret of an endpoint's URL.
/// </summary>
public interface IRpcObserver
{
    /// <summary>A node gave an answer that was taken.</summary>
    /// <param name="endpoint">As <see cref="RpcEndpoint.Name"/>.</param>
    /// <param name="method">The JSON-RPC method.</param>
    void Answered(string endpoint, string method, TimeSpan took);

    /// <summary>A node failed, lied, refused, or contradicted the others.</summary>
    /// <param name="fault">Of one endpoint.</param>
    /// <param name="aside">How long the node will not be asked.</param>
    void Faulted(RpcException fault, TimeSpan aside);
}
