using System.Buffers.Binary;

namespace Marketplace.Crypto;

/// <summary>
/// What a worker is bound to before an auction's bids are opened: a hash that tells nothing of the price, and fits one price only. Worker
/// and market make the same bytes of it.
/// </summary>
/// <param name="Market">The market's public key.</param>
/// <param name="Start">The market's start number.</param>
/// <param name="Auction">The auction, which has its number once in a start.</param>
/// <param name="Job">The auction's job.</param>
/// <param name="Worker">Who bids.</param>
public readonly record struct BidCommitment(Bytes32 Market, long Start, long Auction, JobId Job, WorkerId Worker)
{
    private const int AmountSize = 16;

    private static readonly Blake3Domain Domain = new("marketplace 2026 auction bid v1");

    /// <summary>
    /// The hash of: market (32 bytes), start and auction (8 bytes each, little-endian), job (32), worker (32), price (16, little-endian),
    /// nonce (32).
    /// </summary>
    /// <param name="price">Per million fuel.</param>
    /// <param name="nonce">By chance, and used once: with a known one, trying all prices would tell which it is.</param>
    public Bytes32 Of(TokenAmount price, Bytes32 nonce)
    {
        Span<byte> bytes = stackalloc byte[(4 * Bytes32.Size) + (2 * sizeof(long)) + AmountSize];
        var rest = bytes;
        Put(Market, ref rest);
        BinaryPrimitives.WriteInt64LittleEndian(rest, Start);
        BinaryPrimitives.WriteInt64LittleEndian(rest[sizeof(long)..], Auction);
        rest = rest[(2 * sizeof(long))..];
        Put(Job.Value, ref rest);
        Put(Worker.Value, ref rest);
        BinaryPrimitives.WriteUInt128LittleEndian(rest, price.BaseUnits);
        rest = rest[AmountSize..];
        Put(nonce, ref rest);
        return Domain.Hash(bytes);
    }

    private static void Put(Bytes32 value, ref Span<byte> rest)
    {
        value.CopyTo(rest);
        rest = rest[Bytes32.Size..];
    }
}
