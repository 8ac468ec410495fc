using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>A signed transaction, as a node takes it.</summary>
public sealed class SignedTransaction
{
    /// <summary>v of a legacy transaction of any chain, with the recovery id 0.</summary>
    private const int AnyChainV = 27;

    /// <summary>v of one of chain 0, with the recovery id 0; two more for each chain (EIP-155).</summary>
    private const int ChainV = 35;

    private readonly byte[] _signature;

    internal SignedTransaction(EvmTransaction transaction, int recovery, byte[] signature)
    {
        (Transaction, _signature) = (transaction, signature);
        Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeySize];
        Sender = Secp256k1.TryRecover(Keccak256.Hash(transaction.ToUnsigned()), signature, recovery, publicKey)
            ? EvmAddresses.Of(publicKey)
            : throw new RlpException("The signature of the transaction is none of any key.");
        Bytes = transaction.Encode(list => list.Write(V(transaction, recovery)).Write(Part(0)).Write(Part(Secp256k1.SignatureSize / 2)));
        Hash = new Bytes32(Keccak256.Hash(Bytes.Span));
    }

    public EvmTransaction Transaction { get; }

    /// <summary>Who signed it, and pays.</summary>
    public EvmAddress Sender { get; }

    /// <summary>What is sent.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>By which chains name it.</summary>
    public Bytes32 Hash { get; }

    /// <summary>Reads what a node takes. Signatures with a large s are refused
    /// (<see href="https://eips.ethereum.org/EIPS/eip-2">EIP-2</see>).</summary>
    /// <exception cref="RlpException">It is no transaction in its one form, or its signature is none.</exception>
    public static SignedTransaction Parse(ReadOnlySpan<byte> bytes)
    {
        var kind =
            bytes is [(byte)EvmTransactionKind.AccessList or (byte)EvmTransactionKind.FeeMarket, ..] ? (EvmTransactionKind)bytes[0]
            : bytes is [>= RlpWriter.ListOffset, ..] ? EvmTransactionKind.Legacy
            : throw new RlpException("The bytes are no transaction of the kinds 0, 1 and 2.");
        var whole = new RlpReader(kind == EvmTransactionKind.Legacy ? bytes : bytes[1..]);
        var list = whole.ReadList();
        whole.RequireEnd();
        ulong? chain = kind == EvmTransactionKind.Legacy ? null : list.ReadUInt64();
        var transaction = new EvmTransaction
        {
            Kind = kind,
            ChainId = chain,
            Nonce = list.ReadUInt64(),
            PriorityFee = kind == EvmTransactionKind.FeeMarket ? list.ReadNumber(EvmTransaction.NumberSizeMax) : BigInteger.Zero,
            GasPrice = list.ReadNumber(EvmTransaction.NumberSizeMax),
            GasLimit = list.ReadNumber(EvmTransaction.NumberSizeMax),
            To = list.ReadAddress(),
            Value = list.ReadNumber(EvmTransaction.NumberSizeMax),
            Data = list.ReadBytes().ToArray(),
            AccessList = kind == EvmTransactionKind.Legacy ? [] : ReadAccessList(list.ReadList()),
        };
        var v = list.ReadNumber(EvmTransaction.NumberSizeMax);
        var signature = new byte[Secp256k1.SignatureSize];
        ReadPart(ref list, signature.AsSpan(0, signature.Length / 2));
        ReadPart(ref list, signature.AsSpan(signature.Length / 2));
        list.RequireEnd();
        if (!Secp256k1.IsSignature(signature))
        {
            throw new RlpException("r and s are no signature, or s is large.");
        }
        var (chainOfV, recovery) = OfV(kind, v);
        return new SignedTransaction(
            kind == EvmTransactionKind.Legacy ? transaction with { ChainId = chainOfV } : transaction,
            recovery,
            signature
        );
    }

    private static BigInteger V(EvmTransaction transaction, int recovery) =>
        transaction.Kind != EvmTransactionKind.Legacy ? recovery
        : transaction.ChainId is { } chain ? (2 * (BigInteger)chain) + ChainV + recovery
        : AnyChainV + recovery;

    private static (ulong? Chain, int Recovery) OfV(EvmTransactionKind kind, BigInteger v)
    {
        if (kind != EvmTransactionKind.Legacy)
        {
            return v <= 1 ? (null, (int)v) : throw new RlpException($"The parity {v} is neither 0 nor 1.");
        }
        if (v == AnyChainV || v == AnyChainV + 1)
        {
            return (null, (int)v - AnyChainV);
        }
        var chain = (v - ChainV) >> 1;
        return v >= ChainV && chain <= ulong.MaxValue
            ? ((ulong)chain, (int)((v - ChainV) & 1))
            : throw new RlpException($"v is {v}, which no chain has.");
    }

    private static List<AccessListEntry> ReadAccessList(RlpReader entries)
    {
        var list = new List<AccessListEntry>();
        while (!entries.IsAtEnd)
        {
            var entry = entries.ReadList();
            var address = entry.ReadAddress() ?? throw new RlpException("An entry of the access list names no address.");
            var words = entry.ReadList();
            entry.RequireEnd();
            var keys = new List<Bytes32>();
            while (!words.IsAtEnd)
            {
                keys.Add(words.ReadWord());
            }
            list.Add(new AccessListEntry(address, keys));
        }
        return list;
    }

    private static void ReadPart(ref RlpReader list, Span<byte> part)
    {
        var bytes = list.ReadBytes();
        if (bytes.Length > part.Length || bytes is [0, ..])
        {
            throw new RlpException("r or s is no number of 256 bits.");
        }
        bytes.CopyTo(part[^bytes.Length..]);
    }

    private BigInteger Part(int at) => new(_signature.AsSpan(at, Secp256k1.SignatureSize / 2), isUnsigned: true, isBigEndian: true);
}
