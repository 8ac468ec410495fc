using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>A transaction before it is signed. Numbers are not negative and have at most 256 bits.</summary>
public sealed record EvmTransaction
{
    /// <summary>Numbers of the EVM have so many bytes.</summary>
    internal const int NumberSizeMax = 32;

    public required EvmTransactionKind Kind { get; init; }

    /// <summary>
    /// Of the chain where it counts (<see href="https://eips.ethereum.org/EIPS/eip-155">EIP-155</see>); null, of a legacy transaction only:
    /// of any chain, so that anybody may send it again on another one.
    /// </summary>
    public required ulong? ChainId { get; init; }

    public required ulong Nonce { get; init; }

    /// <summary>Wei for a unit of gas; with a fee market the most that is paid for one.</summary>
    public required BigInteger GasPrice { get; init; }

    /// <summary>With a fee market: the most of it that is for the block's proposer.</summary>
    public BigInteger PriorityFee { get; init; }

    public required BigInteger GasLimit { get; init; }

    /// <summary>Null: the transaction makes a contract.</summary>
    public required EvmAddress? To { get; init; }

    /// <summary>Wei that go with it.</summary>
    public required BigInteger Value { get; init; }

    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Not of a legacy transaction.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>The bytes whose Keccak-256 is signed.</summary>
    public byte[] ToUnsigned() =>
        Encode(list =>
        {
            if (Kind == EvmTransactionKind.Legacy && ChainId is { } chain)
            {
                list.Write(chain).Write(BigInteger.Zero).Write(BigInteger.Zero);
            }
        });

    /// <exception cref="ArgumentException">A member contradicts the kind, or a number is out of its range.</exception>
    public SignedTransaction Sign(Secp256k1PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        RequireSound();
        var signature = new byte[Secp256k1.SignatureSize];
        var recovery = key.Sign(Keccak256.Hash(ToUnsigned()), signature);
        return new SignedTransaction(this, recovery, signature);
    }

    internal byte[] Encode(Action<RlpWriter> end)
    {
        var body = new RlpWriter().WriteList(list =>
        {
            WriteMembers(list);
            end(list);
        });
        return Kind == EvmTransactionKind.Legacy ? body.Written.ToArray() : [(byte)Kind, .. body.Written];
    }

    private void WriteMembers(RlpWriter list)
    {
        if (Kind != EvmTransactionKind.Legacy)
        {
            list.Write(ChainId!.Value);
        }
        list.Write(Nonce);
        if (Kind == EvmTransactionKind.FeeMarket)
        {
            list.Write(PriorityFee);
        }
        list.Write(GasPrice).Write(GasLimit).Write(To).Write(Value).Write(Data.Span);
        if (Kind != EvmTransactionKind.Legacy)
        {
            list.WriteList(entries =>
            {
                foreach (var (address, keys) in AccessList)
                {
                    entries.WriteList(entry =>
                        entry
                            .Write(address)
                            .WriteList(words =>
                            {
                                foreach (var key in keys)
                                {
                                    words.Write(key);
                                }
                            })
                    );
                }
            });
        }
    }

    private void RequireSound()
    {
        if (!Enum.IsDefined(Kind))
        {
            throw new ArgumentException($"{Kind} is no kind of transaction.");
        }
        if (Kind != EvmTransactionKind.Legacy && ChainId is null)
        {
            throw new ArgumentException("The transaction names no chain; only a legacy one may do without.");
        }
        if (Kind == EvmTransactionKind.Legacy && AccessList.Count > 0)
        {
            throw new ArgumentException("A legacy transaction has no access list.");
        }
        if (Kind != EvmTransactionKind.FeeMarket && !PriorityFee.IsZero)
        {
            throw new ArgumentException($"A transaction of the kind {Kind} has no priority fee.");
        }
        foreach (var number in (ReadOnlySpan<BigInteger>)[GasPrice, PriorityFee, GasLimit, Value])
        {
            if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > NumberSizeMax)
            {
                throw new ArgumentException($"{number} is no number from 0 to 2^256 - 1.");
            }
        }
    }
}
