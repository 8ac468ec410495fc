using System.Text.Json.Serialization;

namespace Marketplace.Receipts;

/// <summary>
/// The market that signatures are for, as the domain of EIP-712: whatever is signed for one market, chain or contract is worth nothing for
/// another.
/// </summary>
/// <param name="Market">The market's public key: the domain's salt.</param>
/// <param name="ChainId">The chain on which the market settles (EIP-155); 0: none.</param>
/// <param name="Contract">The contract on that chain which checks signatures; zero: none.</param>
public sealed record MarketDomain(Bytes32 Market, ulong ChainId = 0, EvmAddress Contract = default)
{
    public const string Name = "Marketplace";
    public const string Version = "1";

    internal const string Type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)";
    private const int WordCount = 6;
    private const int DigestPartsSize = 2 + (2 * Bytes32.Size);

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);
    private static readonly Bytes32 NameHash = TypedWords.HashOf(Name);
    private static readonly Bytes32 VersionHash = TypedWords.HashOf(Version);

    /// <summary>Whether the market settles on a chain.</summary>
    [JsonIgnore]
    public bool Settles => ChainId != 0;

    /// <summary>Where it settles, in words: "settles on no chain".</summary>
    [JsonIgnore]
    public string Settlement => Settles ? $"settles on chain {ChainId} by the contract {Contract}" : "settles on no chain";

    /// <summary>Whether it has a chain and a contract there, or neither.</summary>
    [JsonIgnore]
    public bool IsWhole => Settles == (Contract != default);

    /// <summary>Tells domains apart in what is stored: the separator; the market's key alone where it settles nowhere.</summary>
    [JsonIgnore]
    public Bytes32 Id => this == new MarketDomain(Market) ? Market : Separator();

    /// <summary>The domain separator.</summary>
    public Bytes32 Separator()
    {
        var words = new TypedWords(stackalloc byte[WordCount * Bytes32.Size], TypeHash);
        words.Add(NameHash);
        words.Add(VersionHash);
        words.Add((UInt128)ChainId);
        words.Add(Contract.ToWord());
        words.Add(Market);
        return words.Hash();
    }

    /// <summary>What is signed for the hash of a struct: keccak256(0x19 || 0x01 || separator || hash).</summary>
    internal Bytes32 Digest(Bytes32 hash)
    {
        Span<byte> parts = stackalloc byte[DigestPartsSize];
        parts[0] = 0x19;
        parts[1] = 0x01;
        Separator().CopyTo(parts[2..]);
        hash.CopyTo(parts[(2 + Bytes32.Size)..]);
        return TypedWords.HashOf(parts);
    }
}
