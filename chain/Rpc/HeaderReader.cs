using System.Text.Json;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>
/// Reads a block as <c>eth_getBlockBy…</c> gives it and computes its hash: the Keccak-256 of the header's RLP (yellow paper, section 4.4),
/// with the fields that later forks put behind, up to Osaka.
/// </summary>
internal static class HeaderReader
{
    private const int BloomSize = 256;
    private const int NonceSize = 8;
    private const int UnknownNamesMax = 5;

    private static readonly Field[] Required =
    [
        new("parentHash", WriteWord),
        new("sha3Uncles", WriteWord),
        new("miner", (list, value, name) => list.Write(value.Address(name))),
        new("stateRoot", WriteWord),
        new("transactionsRoot", WriteWord),
        new("receiptsRoot", WriteWord),
        new("logsBloom", (list, value, name) => list.Write(value.DataOf(name, BloomSize))),
        new("difficulty", WriteNumber),
        new("number", WriteNumber),
        new("gasLimit", WriteNumber),
        new("gasUsed", WriteNumber),
        new("timestamp", WriteNumber),
        new("extraData", (list, value, name) => list.Write(value.Data(name, RpcPolicy.ExtraDataBytesMax))),
        new("mixHash", WriteWord),
        new("nonce", (list, value, name) => list.Write(value.DataOf(name, NonceSize))),
    ];

    /// <summary>Of London (EIP-1559), Shanghai (EIP-4895), Cancun (EIP-4844, EIP-4788) and Prague (EIP-7685); Osaka has no more.</summary>
    private static readonly Field[] Later =
    [
        new("baseFeePerGas", WriteNumber),
        new("withdrawalsRoot", WriteWord),
        new("blobGasUsed", WriteNumber),
        new("excessBlobGas", WriteNumber),
        new("parentBeaconBlockRoot", WriteWord),
        new("requestsHash", WriteWord),
    ];

    private static readonly HashSet<string> KnownNames =
    [
        .. Required.Concat(Later).Select(field => field.Name),
        "hash",
        "size",
        "totalDifficulty",
        "transactions",
        "uncles",
        "withdrawals",
    ];

    /// <exception cref="AnswerException">The block is malformed, or its hash is not the hash of its fields.</exception>
    public static BlockHeader Read(JsonElement block, HeaderHashCheck check)
    {
        var hash = block.Member("hash").Word("hash");
        var isProven = HashOf(block) == hash;
        if (!isProven)
        {
            var unknown = block.EnumerateObject().Select(member => member.Name).Where(name => !KnownNames.Contains(name)).ToArray();
            if (unknown.Length == 0)
            {
                throw new AnswerException(RpcFault.WrongHeaderHash, $"The hash 0x{hash} is not the hash of the header's fields.");
            }
            if (check == HeaderHashCheck.Always)
            {
                throw new AnswerException(
                    RpcFault.UnknownHeaderFields,
                    $"The hash 0x{hash} does not follow from the fields that this version knows; others are "
                        + $"{string.Join(", ", unknown.Take(UnknownNamesMax))}. Where the chain has such fields, update, or set "
                        + $"{nameof(RpcOptions)}.{nameof(RpcOptions.HeaderHashes)} to {HeaderHashCheck.UnlessFieldsAreUnknown}."
                );
            }
        }
        return new BlockHeader
        {
            Number = block.Member("number").UInt64("number"),
            Hash = hash,
            ParentHash = block.Member("parentHash").Word("parentHash"),
            Timestamp = block.Member("timestamp").UInt64("timestamp"),
            BaseFeePerGas = block.Optional("baseFeePerGas")?.Quantity("baseFeePerGas"),
            IsHashProven = isProven,
        };
    }

    private static Bytes32 HashOf(JsonElement block)
    {
        var rlp = new RlpWriter().WriteList(list =>
        {
            foreach (var field in Required)
            {
                field.Write(list, block.Member(field.Name), field.Name);
            }
            // Where a later field is missing, those behind it are written by no fork, and the hash comes out as another.
            foreach (var field in Later)
            {
                if (block.Optional(field.Name) is { } value)
                {
                    field.Write(list, value, field.Name);
                }
            }
        });
        return new Bytes32(Keccak256.Hash(rlp.Written));
    }

    private static void WriteWord(RlpWriter list, JsonElement value, string name) => list.Write(value.Word(name));

    private static void WriteNumber(RlpWriter list, JsonElement value, string name) => list.Write(value.Quantity(name));

    private sealed record Field(string Name, Action<RlpWriter, JsonElement, string> Write);
}
