using System.Globalization;

namespace Marketplace.Chain;

/// <summary>
/// The block of which is read. There is no "latest": two reads of it may be of two blocks, so a caller reads the head first and names it.
/// </summary>
public readonly record struct BlockId
{
    private BlockId(ulong number, Bytes32? hash) => (Number, Hash) = (number, hash);

    /// <summary>The canonical block of this number, where <see cref="Hash"/> is null.</summary>
    public ulong Number { get; }

    /// <summary>
    /// The block of this hash. State is read of it only while it is canonical
    /// (<see href="https://eips.ethereum.org/EIPS/eip-1898">EIP-1898</see>).
    /// </summary>
    public Bytes32? Hash { get; }

    public static BlockId Of(ulong number) => new(number, hash: null);

    public static BlockId Of(Bytes32 hash) => new(number: 0, hash);

    public override string ToString() => Hash is { } hash ? $"0x{hash}" : Number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How settled a head is (<see href="https://github.com/ethereum/consensus-specs">consensus specification</see>).</summary>
public enum HeadKind
{
    Latest = 0,

    /// <summary>Justified: it stays unless a third of all stake misbehaves or the network is split.</summary>
    Safe = 1,

    /// <summary>It stays unless a third of all stake is destroyed.</summary>
    Finalized = 2,
}
