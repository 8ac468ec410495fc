namespace Marketplace.Chain;

/// <summary>What one node is asked in one request, and how its answers become a value that was held against the question.</summary>
/// <param name="Calls">At least one; several make a batch.</param>
/// <param name="Read">Throws <see cref="AnswerException"/> or <see cref="RpcException"/> where an answer is not taken.</param>
/// <param name="Form">A short text that is equal for equal values only.</param>
internal sealed record RpcQuestion<T>(IReadOnlyList<JsonRpcCall> Calls, Func<JsonRpcAnswer[], T> Read, Func<T, string> Form)
{
    public string Method => Calls[0].Method;
}
