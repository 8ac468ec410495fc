using System.Numerics;

namespace Marketplace.Receipts;

/// <summary>A worker that ran a job with the result of its receipt.</summary>
/// <param name="UnitPrice">What was agreed with it for a million fuel.</param>
public sealed record Seat(WorkerId Worker, TokenAmount UnitPrice)
{
    internal const string Type = "Seat(bytes32 worker,uint128 unitPrice)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    /// <summary>
    /// What a run costs that all seats did: the sum of each seat's own price for the fuel, rounded up, and never above the limit.
    /// </summary>
    public static TokenAmount Cost(ulong fuel, IReadOnlyList<Seat> seats, TokenAmount limit)
    {
        ArgumentNullException.ThrowIfNull(seats);
        // Each is cut at the limit, which changes no sum that stays within it.
        var sum = BigInteger.Zero;
        foreach (var seat in seats)
        {
            sum += FuelPrice.Cost(fuel, seat.UnitPrice, limit).BaseUnits;
        }
        return new TokenAmount((UInt128)BigInteger.Min(sum, limit.BaseUnits));
    }

    internal static Bytes32 Hash(Seat seat)
    {
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], TypeHash);
        words.Add(seat.Worker.Value);
        words.Add(seat.UnitPrice.BaseUnits);
        return words.Hash();
    }
}
