using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Chain;

/// <summary>
/// The market's values as the contracts have them. Points of BLS12-381 are structs of words with 48 bytes for each number
/// (contracts/evm/src/Bls12381.sol).
/// </summary>
internal static class ContractValues
{
    public static object Of(ulong number) => new BigInteger(number);

    public static object Of(BigInteger number) => number;

    public static object Of(TokenAmount amount) => (BigInteger)amount.BaseUnits;

    public static object Of(Bytes32 word) => word.ToArray();

    public static object Of(EvmAddress address) => address;

    public static object Of(IReadOnlyList<Bytes32> words) => words.Select(word => (object)word.ToArray()).ToArray();

    public static object Of(IReadOnlyList<byte[]> items) => items.Select(item => (object)item).ToArray();

    public static object Of(BlsPublicKey key) => Words(key.Coordinates());

    public static object Of(BlsSignature signature) => Words(signature.Coordinates());

    public static object Of(Settlement settlement) =>
        new[]
        {
            Of(settlement.Number),
            Of(settlement.Epoch),
            Of(settlement.ChainBlock),
            Of(settlement.Accounts),
            Of(settlement.Receipts),
            Of(settlement.Earned),
            Of(settlement.Spent),
        };

    public static object Of(AccountTotals totals) => new[] { totals.Owner, Of(totals.Earned), Of(totals.Spent), Of(totals.Held) };

    /// <summary>A <c>MerklePath</c>: the neighbours, and a bit for each that stands on the left.</summary>
    public static object Of(IReadOnlyList<MerkleStep> path)
    {
        var lefts = BigInteger.Zero;
        for (var index = 0; index < path.Count; index++)
        {
            lefts |= path[index].IsLeft ? BigInteger.One << index : BigInteger.Zero;
        }
        return new[] { Of([.. path.Select(step => step.Hash)]), lefts };
    }

    public static ulong Number(object value) => (ulong)(BigInteger)value;

    public static TokenAmount Amount(object value) => new((UInt128)(BigInteger)value);

    public static Bytes32 Word(object value) => new((byte[])value);

    /// <exception cref="FormatException">It is no key.</exception>
    public static BlsPublicKey Key(object value) =>
        BlsPublicKey.ReadCoordinates([.. ((object[])((object[])value)[0]).SelectMany(word => (byte[])word)]);

    public static Settlement Settlement(object value)
    {
        var members = (object[])value;
        return new Settlement
        {
            Number = Number(members[0]),
            Epoch = Number(members[1]),
            ChainBlock = Number(members[2]),
            Accounts = Word(members[3]),
            Receipts = Word(members[4]),
            Earned = Amount(members[5]),
            Spent = Amount(members[6]),
        };
    }

    private static object[] Words(byte[] coordinates) => [coordinates.Chunk(Bytes32.Size).Select(word => (object)word).ToArray()];
}
