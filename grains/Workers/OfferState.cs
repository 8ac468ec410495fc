using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What is kept of a worker's offer.</summary>
internal sealed record OfferState(WorkerId Worker, AccountId PayTo, TokenAmount PricePerMillionFuel, int Slots, int MemoryPagesMax)
{
    /// <summary>The name of the state.</summary>
    public const string Kind = "worker";

    private const byte Format = 1;

    public static OfferState Of(WorkerOffer offer) =>
        new(offer.Worker, offer.PayTo, offer.PricePerMillionFuel, offer.Slots, offer.MemoryPagesMax);

    public WorkerOffer ToOffer() => new(Worker, PayTo, PricePerMillionFuel, Slots, MemoryPagesMax);

    public static ReadOnlyMemory<byte> Write(OfferState offer)
    {
        var writer = new CompactWriter(96);
        writer.Byte(Format);
        writer.Id(offer.Worker.Value);
        writer.Id(offer.PayTo.Value);
        writer.Amount(offer.PricePerMillionFuel);
        writer.Count(offer.Slots);
        writer.Count(offer.MemoryPagesMax);
        return writer.Finish();
    }

    public static OfferState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A worker's offer");
        var offer = new OfferState(new WorkerId(reader.Id()), new AccountId(reader.Id()), reader.Amount(), reader.Count(), reader.Count());
        reader.End();
        return offer;
    }
}
