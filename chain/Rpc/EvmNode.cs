namespace Marketplace.Chain;

/// <summary>One node: asked once per question, judged by its answers, and never believed before it named the right chain.</summary>
internal sealed class EvmNode(RpcEndpoint endpoint, RpcOptions options)
{
    private readonly JsonRpcTransport _transport = new(endpoint, options);
    private readonly EndpointHealth _health = new(options);

    // A timestamp; zero where the chain's number has to be asked for.
    private long _chainCheckedAt;

    public RpcEndpoint Endpoint => endpoint;

    public EndpointHealth Health => _health;

    /// <summary>An answer has the right form; only the caller knows whether it ends what faults before it did.</summary>
    /// <exception cref="RpcException">The answer was not taken. The node was judged for it.</exception>
    public async Task<T> Ask<T>(RpcQuestion<T> question, CancellationToken cancellation)
    {
        var started = options.TimeProvider.GetTimestamp();
        // The chain's number goes ahead in the same request.
        var checksChain = MustCheckChain();
        var sawChain = false;
        T Read(JsonRpcAnswer[] answers)
        {
            if (checksChain)
            {
                RequireChain(answers[0]);
                sawChain = true;
            }
            return question.Read(checksChain ? answers[1..] : answers);
        }
        try
        {
            var value = await _transport
                .Ask(checksChain ? [RpcQuestions.ChainId, .. question.Calls] : question.Calls, Read, cancellation)
                .ConfigureAwait(false);
            Answered(question.Method, started, sawChain);
            return value;
        }
        catch (EvmRevertException)
        {
            Answered(question.Method, started, sawChain);
            throw;
        }
        catch (RpcException fault)
        {
            Judge(fault, started);
            throw;
        }
    }

    /// <summary>Puts the node aside for a fault, and reports it.</summary>
    /// <param name="fault">What it did.</param>
    /// <param name="started">When it was asked, as a timestamp.</param>
    public void Judge(RpcException fault, long started)
    {
        var aside = _health.Fail(fault, started);
        if (aside > TimeSpan.Zero)
        {
            Volatile.Write(ref _chainCheckedAt, 0);
        }
        options.Observer?.Faulted(fault, aside);
    }

    private void RequireChain(JsonRpcAnswer answer)
    {
        var chain = answer.Result.UInt64("eth_chainId");
        if (chain != options.ChainId)
        {
            throw new AnswerException(RpcFault.WrongChain, $"The node follows the chain {chain}, not {options.ChainId}.");
        }
    }

    private bool MustCheckChain()
    {
        var at = Volatile.Read(ref _chainCheckedAt);
        return at == 0 || options.TimeProvider.GetElapsedTime(at) > RpcPolicy.ChainCheckAge;
    }

    private void Answered(string method, long started, bool sawChain)
    {
        options.Observer?.Answered(endpoint.Name, method, options.TimeProvider.GetElapsedTime(started));
        if (sawChain)
        {
            Volatile.Write(ref _chainCheckedAt, options.TimeProvider.GetTimestamp());
        }
    }
}
