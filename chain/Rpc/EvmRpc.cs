using System.Numerics;

namespace Marketplace.Chain;

/// <summary>What all ways of asking have in common: the questions.</summary>
public abstract class EvmRpc : IEvmRpc
{
    private protected EvmRpc(RpcOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.RequireSound();
        Options = options;
        Nodes = [.. options.Endpoints.Select(endpoint => new EvmNode(endpoint, options))];
    }

    /// <inheritdoc/>
    public ulong ChainId => Options.ChainId;

    private protected RpcOptions Options { get; }

    private protected IReadOnlyList<EvmNode> Nodes { get; }

    /// <inheritdoc/>
    public virtual Task<BlockHeader> GetHead(HeadKind kind, CancellationToken cancellation) =>
        Ask(RpcQuestions.Head(kind, Options.HeaderHashes), cancellation);

    /// <inheritdoc/>
    public Task<BlockHeader?> FindHeader(BlockId block, CancellationToken cancellation) =>
        Ask(RpcQuestions.Header(block, Options.HeaderHashes), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<BlockHeader>> GetHeaders(ulong first, int count, CancellationToken cancellation) =>
        Ask(RpcQuestions.Headers(first, count, Options.HeaderHashes), cancellation);

    /// <inheritdoc/>
    public Task<TransactionReceipt?> FindReceipt(Bytes32 transactionHash, CancellationToken cancellation) =>
        Ask(RpcQuestions.Receipt(transactionHash), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<EvmLog>> GetLogs(LogFilter filter, CancellationToken cancellation) =>
        Ask(RpcQuestions.Logs(filter), cancellation);

    /// <inheritdoc/>
    public Task<byte[]> Call(EvmCall call, BlockId block, CancellationToken cancellation) =>
        Ask(RpcQuestions.Call(call, block), cancellation);

    /// <inheritdoc/>
    public virtual Task<ulong> EstimateGas(EvmCall call, BlockId block, CancellationToken cancellation) =>
        Ask(RpcQuestions.Gas(call, block), cancellation);

    /// <inheritdoc/>
    public Task<byte[]> GetCode(EvmAddress address, BlockId block, CancellationToken cancellation) =>
        Ask(RpcQuestions.Code(address, block), cancellation);

    /// <inheritdoc/>
    public Task<BigInteger> GetBalance(EvmAddress address, BlockId block, CancellationToken cancellation) =>
        Ask(RpcQuestions.Balance(address, block), cancellation);

    /// <inheritdoc/>
    public Task<ulong> GetTransactionCount(EvmAddress address, BlockId block, CancellationToken cancellation) =>
        Ask(RpcQuestions.TransactionCount(address, block), cancellation);

    /// <inheritdoc/>
    public virtual Task<ulong> GetPendingTransactionCount(EvmAddress address, CancellationToken cancellation) =>
        Ask(RpcQuestions.TransactionCount(address, block: null), cancellation);

    /// <inheritdoc/>
    public Task<FeeHistory> GetFeeHistory(ulong newest, int count, IReadOnlyList<int> percentiles, CancellationToken cancellation) =>
        Ask(RpcQuestions.Fees(newest, count, percentiles), cancellation);

    /// <inheritdoc/>
    public virtual Task<BigInteger> GetPriorityFee(CancellationToken cancellation) => Ask(RpcQuestions.PriorityFee(), cancellation);

    /// <inheritdoc/>
    public Task Send(SignedTransaction transaction, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.Transaction.ChainId != ChainId)
        {
            var its = transaction.Transaction.ChainId is { } chain ? $"chain {chain}" : "any chain";
            throw new ArgumentException($"The transaction is of {its}, not of chain {ChainId} alone.");
        }
        return Tell(RpcQuestions.Send(transaction), cancellation);
    }

    private protected abstract Task<T> Ask<T>(RpcQuestion<T> question, CancellationToken cancellation);

    /// <summary>Asks until a node took the transaction or says that it knows it.</summary>
    private protected abstract Task Tell(RpcQuestion<bool> transaction, CancellationToken cancellation);
}
