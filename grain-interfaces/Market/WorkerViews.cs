namespace Marketplace.GrainInterfaces;

/// <summary>A lease as people see it.</summary>
/// <param name="Id">Names the lease.</param>
/// <param name="Job">What is run.</param>
/// <param name="Since">When it was given.</param>
/// <param name="Until">When the report must be there at the latest.</param>
/// <param name="HasBegun">The worker may have done something for it.</param>
[GenerateSerializer, Immutable, Alias("LeaseView")]
public readonly record struct LeaseView(
    [property: Id(0)] LeaseId Id,
    [property: Id(1)] JobId Job,
    [property: Id(2)] DateTimeOffset Since,
    [property: Id(3)] DateTimeOffset Until,
    [property: Id(4)] bool HasBegun
);

/// <param name="Offer">The offer.</param>
/// <param name="SlotsUsed">Slots that are taken.</param>
/// <param name="Standing">Its worker's reputation.</param>
[GenerateSerializer, Immutable, Alias("OfferView")]
public sealed record OfferView([property: Id(0)] WorkerOffer Offer, [property: Id(1)] int SlotsUsed, [property: Id(2)] Standing Standing);
