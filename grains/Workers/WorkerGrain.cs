using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>A worker's offer as it last registered. Written when it changes, and only then.</summary>
public sealed class WorkerGrain : Grain, IWorkerGrain
{
    private const byte Format = 1;

    private readonly StoredDocument<WorkerOffer> _offer;

    public WorkerGrain(IDocumentStore documents) =>
        _offer = new StoredDocument<WorkerOffer>(
            documents,
            new DocumentKey("worker", this.GetPrimaryKeyString()),
            Write,
            bytes => Read(bytes.Span)
        );

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _offer.Load();

    public async Task<long> Register(WorkerOffer offer)
    {
        if (offer.Worker.ToString() != this.GetPrimaryKeyString())
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"The offer of worker {offer.Worker} was sent to worker {this.GetPrimaryKeyString()}."
            );
        }
        await _offer.Refresh();
        // The market first: what it refuses is not kept.
        var start = await LostWrites.Resend(() => GrainFactory.GetGrain<IMarketGrain>(MarketLimits.DefaultClass).Offer(offer));
        if (_offer.Value != offer)
        {
            await _offer.Write(offer);
        }
        return start;
    }

    public async Task<WorkerOffer> Get()
    {
        await _offer.Refresh();
        if (_offer.Value is { } offer)
        {
            return offer;
        }
        DeactivateOnIdle();
        throw new MarketException(ErrorCode.WorkerNotFound, $"There is no worker {this.GetPrimaryKeyString()}.");
    }

    private static ReadOnlyMemory<byte> Write(WorkerOffer offer)
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

    private static WorkerOffer Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A worker's offer");
        var offer = new WorkerOffer(new WorkerId(reader.Id()), new AccountId(reader.Id()), reader.Amount(), reader.Count(), reader.Count());
        reader.End();
        return offer;
    }
}
