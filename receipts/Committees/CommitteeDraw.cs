using System.Buffers.Binary;
using System.Numerics;

namespace Marketplace.Receipts;

/// <summary>
/// Draws members by weight, without putting any back, by COMMITTEE.md: integers only, so everybody draws the same. The k-th number is
/// H(seed || k) modulo the weight that is left, which is below 2^192 for all lists that fit into memory: no member's chance differs by more
/// than 2^-64 from its share.
/// </summary>
public static class CommitteeDraw
{
    /// <param name="seed">Of <see cref="EpochRandomness.Seed"/>.</param>
    /// <param name="members">In their list's order; each has a weight.</param>
    /// <param name="count">How many are drawn; all, where there are fewer.</param>
    /// <returns>In the order of the draw.</returns>
    public static IReadOnlyList<CommitteeMember> Of(Bytes32 seed, IReadOnlyList<CommitteeMember> members, int count)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var left = members.ToList();
        var weight = CommitteeMember.WeightOf(left);
        var drawn = new List<CommitteeMember>(Math.Min(count, left.Count));
        while (drawn.Count < count && left.Count > 0)
        {
            var place = Number(seed, drawn.Count) % weight;
            var index = 0;
            for (; place >= left[index].Weight.BaseUnits; index++)
            {
                place -= left[index].Weight.BaseUnits;
            }
            drawn.Add(left[index]);
            weight -= left[index].Weight.BaseUnits;
            left.RemoveAt(index);
        }
        return drawn;
    }

    private static BigInteger Number(Bytes32 seed, int index)
    {
        Span<byte> bytes = stackalloc byte[2 * Bytes32.Size];
        bytes.Clear();
        seed.CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes[^sizeof(int)..], index);
        TypedWords.HashOf(bytes).CopyTo(bytes);
        return new BigInteger(bytes[..Bytes32.Size], isUnsigned: true, isBigEndian: true);
    }
}
