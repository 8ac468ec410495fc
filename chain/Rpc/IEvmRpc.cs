using System.Numerics;

namespace Marketplace.Chain;

/// <summary>
/// Reads an EVM chain and sends transactions to it, by way of nodes that may lie, stall or follow another chain
/// (<see href="https://ethereum.github.io/execution-apis/">execution API</see>). Every answer was parsed strictly and belongs to what was
/// asked, so an answer of wrong form never arrives. An answer in right form may still be invented; a quorum of independent nodes makes that
/// harder. Every method may be called again after any error, also <see cref="Send"/>. Instances are safe for concurrent use.
/// </summary>
/// <remarks>
/// Nothing here is final: the chain may still reorganise. A receipt or a log counts while <see cref="FindHeader"/> of its block's number
/// has its block's hash, at the depth that the caller requires. All methods throw <see cref="RpcException"/> where no node gave a usable
/// answer, and <see cref="OperationCanceledException"/> only where the caller cancelled.
/// </remarks>
public interface IEvmRpc
{
    /// <summary>The chain's number (<see href="https://eips.ethereum.org/EIPS/eip-155">EIP-155</see>): <c>eth_chainId</c>.</summary>
    ulong ChainId { get; }

    /// <summary>The newest block that is at least so settled: <c>eth_getBlockByNumber</c>.</summary>
    Task<BlockHeader> GetHead(HeadKind kind, CancellationToken cancellation);

    /// <summary><c>eth_getBlockByNumber</c> or <c>eth_getBlockByHash</c>.</summary>
    /// <returns>Null: the node has no such block, or not yet.</returns>
    Task<BlockHeader?> FindHeader(BlockId block, CancellationToken cancellation);

    /// <summary>Consecutive headers, read in one request; each names the one before as its parent.</summary>
    /// <param name="first">Number of the first block.</param>
    /// <param name="count">From 1 to <see cref="RpcPolicy.HeadersMax"/>.</param>
    /// <returns>Fewer where the chain ends earlier.</returns>
    Task<IReadOnlyList<BlockHeader>> GetHeaders(ulong first, int count, CancellationToken cancellation);

    /// <summary><c>eth_getTransactionReceipt</c>.</summary>
    /// <returns>Null: the transaction is in no block, as far as the node knows.</returns>
    Task<TransactionReceipt?> FindReceipt(Bytes32 transactionHash, CancellationToken cancellation);

    /// <summary>All logs that match, in the chain's order: <c>eth_getLogs</c>. A node can leave some out, and no check sees it.</summary>
    /// <exception cref="RpcException">
    /// With <see cref="RpcFault.TooLarge"/> or <see cref="RpcFault.TooManyValues"/>, or as an error of the node's own, where there are too
    /// many: ask for fewer blocks.
    /// </exception>
    Task<IReadOnlyList<EvmLog>> GetLogs(LogFilter filter, CancellationToken cancellation);

    /// <summary>Runs a call without a transaction: <c>eth_call</c>.</summary>
    /// <returns>What the contract returned; empty where there is no contract.</returns>
    /// <exception cref="EvmRevertException">The contract reverted.</exception>
    Task<byte[]> Call(EvmCall call, BlockId block, CancellationToken cancellation);

    /// <summary>Gas that the call would take as a transaction: <c>eth_estimateGas</c>. A guess of the node, up to its own limit.</summary>
    /// <exception cref="EvmRevertException">The contract would revert.</exception>
    Task<ulong> EstimateGas(EvmCall call, BlockId block, CancellationToken cancellation);

    /// <summary>A contract's code: <c>eth_getCode</c>.</summary>
    /// <returns>Empty where there is no contract.</returns>
    Task<byte[]> GetCode(EvmAddress address, BlockId block, CancellationToken cancellation);

    /// <summary>In wei: <c>eth_getBalance</c>.</summary>
    Task<BigInteger> GetBalance(EvmAddress address, BlockId block, CancellationToken cancellation);

    /// <summary>The account's next nonce as of the block: <c>eth_getTransactionCount</c>.</summary>
    Task<ulong> GetTransactionCount(EvmAddress address, BlockId block, CancellationToken cancellation);

    /// <summary>The account's next nonce behind the transactions that wait in the node's pool.</summary>
    Task<ulong> GetPendingTransactionCount(EvmAddress address, CancellationToken cancellation);

    /// <summary>What blocks charged for gas: <c>eth_feeHistory</c>.</summary>
    /// <param name="newest">Number of the last block.</param>
    /// <param name="count">Blocks up to that one: from 1 to <see cref="RpcPolicy.FeeBlocksMax"/>.</param>
    /// <param name="percentiles">
    /// Of the priority fees in each block, ascending, from 0 to 100; at most <see cref="RpcPolicy.FeePercentilesMax"/>.
    /// </param>
    Task<FeeHistory> GetFeeHistory(ulong newest, int count, IReadOnlyList<int> percentiles, CancellationToken cancellation);

    /// <summary>A priority fee that the node expects to be enough, in wei for a unit of gas: <c>eth_maxPriorityFeePerGas</c>.</summary>
    Task<BigInteger> GetPriorityFee(CancellationToken cancellation);

    /// <summary>
    /// Tells the nodes of a transaction: <c>eth_sendRawTransaction</c>. After this returns a node has been told, and no more: only a
    /// receipt says that the chain took it. Repeating is safe, because a signed transaction has one hash and one nonce.
    /// </summary>
    /// <exception cref="ArgumentException">The transaction is not of this chain alone.</exception>
    /// <exception cref="RpcErrorException">The node refuses the transaction.</exception>
    Task Send(SignedTransaction transaction, CancellationToken cancellation);
}
