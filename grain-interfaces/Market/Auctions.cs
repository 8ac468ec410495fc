namespace Marketplace.GrainInterfaces;

/// <summary>Asks a worker for a sealed bid.</summary>
/// <param name="Auction">Its number, once in a start of the market.</param>
/// <param name="Job">What is auctioned.</param>
/// <param name="Program">The job's program.</param>
/// <param name="FuelMax">Instructions that the job may use.</param>
/// <param name="MemoryPagesMax">Pages of 64 KiB that it may use.</param>
/// <param name="TimeMax">Wall time that it may use.</param>
/// <param name="PriceMax">The most that it pays per million fuel.</param>
/// <param name="Until">When bids must be there.</param>
[GenerateSerializer, Immutable, Alias("AuctionInvitation")]
public sealed record AuctionInvitation(
    [property: Id(0)] long Auction,
    [property: Id(1)] JobId Job,
    [property: Id(2)] ProgramId Program,
    [property: Id(3)] long FuelMax,
    [property: Id(4)] int MemoryPagesMax,
    [property: Id(5)] TimeSpan TimeMax,
    [property: Id(6)] TokenAmount PriceMax,
    [property: Id(7)] DateTimeOffset Until
);

/// <summary>A bid that nobody can read, nor its worker change.</summary>
/// <param name="Auction">Of which auction.</param>
/// <param name="Commitment">The hash of price and nonce.</param>
[GenerateSerializer, Immutable, Alias("SealedBid")]
public readonly record struct SealedBid([property: Id(0)] long Auction, [property: Id(1)] Bytes32 Commitment);

/// <summary>What was in a sealed bid.</summary>
/// <param name="Auction">Of which auction.</param>
/// <param name="Price">Per million fuel.</param>
/// <param name="Nonce">What made the hash unguessable.</param>
[GenerateSerializer, Immutable, Alias("OpenedBid")]
public readonly record struct OpenedBid(
    [property: Id(0)] long Auction,
    [property: Id(1)] TokenAmount Price,
    [property: Id(2)] Bytes32 Nonce
);
