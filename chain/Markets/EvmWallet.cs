using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>
/// Transactions of one key: each is tried first, sent, and waited for until a block has it. One at a time. What a contract refuses is told
/// in its own words, and costs nothing.
/// </summary>
/// <param name="rpc">The nodes.</param>
/// <param name="key">Whose transactions.</param>
/// <param name="time">For waiting.</param>
public sealed class EvmWallet(IEvmRpc rpc, Secp256k1PrivateKey key, TimeProvider time)
{
    /// <summary>How often the chain is asked for the block.</summary>
    private static readonly TimeSpan AskPeriod = TimeSpan.FromMilliseconds(250);

    /// <summary>A transaction that no block has taken by then is told as such: it may still come.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The most that is offered for a unit of gas, in wei, as a silo's usual limit: a node that lies about fees takes no more.
    /// </summary>
    private static readonly BigInteger FeeMax = 500_000_000_000;

    /// <summary>No call of a market's contracts takes as much; their creation takes 10 million.</summary>
    private const ulong GasMax = 30_000_000;

    public EvmAddress Address { get; } = EvmAddresses.Of(key.PublicKey);

    /// <param name="to">The contract.</param>
    /// <param name="data">What is said to it.</param>
    /// <param name="abi">By which its refusals are read.</param>
    /// <param name="cancellation">Gives up waiting; the transaction may still come.</param>
    /// <exception cref="ChainException">The contract refuses, or the chain cannot be asked.</exception>
    public Task<TransactionReceipt> Send(EvmAddress to, byte[] data, ContractAbi abi, CancellationToken cancellation) =>
        Run(to, data, abi, cancellation);

    /// <param name="creation">See <see cref="ContractBuild.CreationOf"/>.</param>
    /// <param name="abi">By which its refusals are read.</param>
    /// <param name="cancellation">Gives up waiting; the contract may still come.</param>
    /// <returns>The contract's address.</returns>
    /// <exception cref="ChainException">See <see cref="Send"/>.</exception>
    public async Task<EvmAddress> Deploy(byte[] creation, ContractAbi abi, CancellationToken cancellation)
    {
        var nonce = await Ask(() => rpc.GetPendingTransactionCount(Address, cancellation)).ConfigureAwait(false);
        await Run(to: null, creation, abi, cancellation).ConfigureAwait(false);
        return ContractAddresses.OfCreate(Address, nonce);
    }

    private async Task<TransactionReceipt> Run(EvmAddress? to, byte[] data, ContractAbi abi, CancellationToken cancellation)
    {
        try
        {
            var signed = await Sign(to, data, cancellation).ConfigureAwait(false);
            await rpc.Send(signed, cancellation).ConfigureAwait(false);
            var began = time.GetTimestamp();
            while (time.GetElapsedTime(began) < WaitMax)
            {
                if (await rpc.FindReceipt(signed.Hash, cancellation).ConfigureAwait(false) is { } receipt)
                {
                    return receipt.Succeeded
                        ? receipt
                        : throw new ChainException($"Transaction 0x{signed.Hash} was reverted in block {receipt.BlockNumber}.");
                }
                await Task.Delay(AskPeriod, time, cancellation).ConfigureAwait(false);
            }
            throw new ChainException($"No block has taken transaction 0x{signed.Hash} within {WaitMax}; it may still come.");
        }
        catch (EvmRevertException refused)
        {
            var said = abi.DecodeRevert(refused.RevertData.Span);
            throw new ChainException($"The contract refuses: {said}", refused) { Refusal = said };
        }
        catch (RpcException failure)
        {
            throw new ChainException(failure.Message, failure);
        }
    }

    private async Task<SignedTransaction> Sign(EvmAddress? to, byte[] data, CancellationToken cancellation)
    {
        var head = await rpc.GetHead(HeadKind.Latest, cancellation).ConfigureAwait(false);
        var call = new EvmCall
        {
            To = to,
            From = Address,
            Data = data,
        };
        var gas = await rpc.EstimateGas(call, BlockId.Of(head.Number), cancellation).ConfigureAwait(false);
        var tip = await rpc.GetPriorityFee(cancellation).ConfigureAwait(false);
        var fee = (2 * (head.BaseFeePerGas ?? BigInteger.Zero)) + tip;
        if (fee > FeeMax || gas > GasMax)
        {
            throw new ChainException(
                $"The node asks for {fee} wei for a unit of gas, and for {gas} units; allowed are {FeeMax} and {GasMax}. Try again when "
                    + "the chain is cheaper, or ask another node."
            );
        }
        var nonce = await rpc.GetTransactionCount(Address, BlockId.Of(head.Number), cancellation).ConfigureAwait(false);
        var next = await rpc.GetPendingTransactionCount(Address, cancellation).ConfigureAwait(false);
        if (next > nonce)
        {
            throw new ChainException(
                $"{Address} has sent {next - nonce} transactions that no block has taken yet: what was asked for may be on its way. "
                    + "Look at them, and try again when they are in a block."
            );
        }
        return new EvmTransaction
        {
            Kind = EvmTransactionKind.FeeMarket,
            ChainId = rpc.ChainId,
            Nonce = next,
            GasPrice = fee,
            PriorityFee = tip,
            // The next block's state may take a little more.
            GasLimit = gas + (gas / 4),
            To = to,
            Value = BigInteger.Zero,
            Data = data,
        }.Sign(key);
    }

    private static async Task<TAnswer> Ask<TAnswer>(Func<Task<TAnswer>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (RpcException failure)
        {
            throw new ChainException(failure.Message, failure);
        }
    }
}
