namespace Marketplace.Chain;

/// <summary>No usable answer came. Asking again later is safe for every request.</summary>
public class RpcException : Exception
{
    public RpcException(RpcEndpoint endpoint, RpcFault fault, string what)
        : base($"{endpoint}: {endpoint.Clean(what)}")
    {
        Fault = fault;
        Endpoint = endpoint.Name;
        What = endpoint.Clean(what);
    }

    private protected RpcException(string message, RpcFault fault)
        : base(message)
    {
        Fault = fault;
        What = message;
    }

    public RpcFault Fault { get; }

    /// <summary>The node by scheme, host and port, as <see cref="RpcEndpoint.Name"/>; null where several are at fault.</summary>
    public string? Endpoint { get; }

    /// <summary>The message without the endpoint.</summary>
    internal string What { get; }

    /// <summary>How long the node asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>A node answered with a JSON-RPC error.</summary>
public sealed class RpcErrorException : RpcException
{
    public RpcErrorException(RpcEndpoint endpoint, RpcFault fault, int code, string said)
        : base(endpoint, fault, $"The node answers with error {code}: {said}")
    {
        Code = code;
        Said = endpoint.Clean(said);
    }

    /// <summary>As the node has it; nodes do not agree on codes.</summary>
    public int Code { get; }

    /// <summary>The node's own words.</summary>
    public string Said { get; }
}

/// <summary>A call ran and the contract reverted it: an answer, not a failure.</summary>
public sealed class EvmRevertException : RpcException
{
    public EvmRevertException(RpcEndpoint endpoint, byte[] data)
        : base(endpoint, RpcFault.Reverted, $"The contract reverts with {data.Length} bytes of data.") => RevertData = data;

    /// <summary>The error's selector and arguments, as <c>revert</c> gave them; often empty.</summary>
    public ReadOnlyMemory<byte> RevertData { get; }
}

/// <summary>What an endpoint said to a question on which too few agreed.</summary>
/// <param name="Endpoint">As <see cref="RpcEndpoint.Name"/>.</param>
/// <param name="What">A short form of the answer, alike for equal answers; or the fault.</param>
public sealed record RpcSaying(string Endpoint, string What);

/// <summary>Fewer nodes than the quorum say the same.</summary>
public sealed class RpcDisagreementException : RpcException
{
    public RpcDisagreementException(string method, int quorum, IReadOnlyList<RpcSaying> sayings)
        : base(
            $"{method}: fewer than {quorum} of {sayings.Count} endpoints agree. "
                + string.Join("; ", sayings.Select(saying => $"{saying.Endpoint}: {saying.What}")),
            RpcFault.NoAgreement
        ) => Sayings = sayings;

    /// <summary>One of each endpoint.</summary>
    public IReadOnlyList<RpcSaying> Sayings { get; }
}
