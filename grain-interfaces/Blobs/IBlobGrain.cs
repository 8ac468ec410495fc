namespace Marketplace.Grains;

/// <summary>Who keeps a blob and why. The bytes never pass through here. Key: <see cref="BlobId"/>.</summary>
[Alias("IBlobGrain")]
public interface IBlobGrain : IGrainWithStringKey
{
    /// <summary>Records that the account wants the blob kept. The bytes must be in the store.</summary>
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.BlobNotFound"/>: the bytes are not in the store; <see cref="ErrorCode.QuotaExceeded"/>;
    /// <see cref="ErrorCode.Unavailable"/>: the blob is being collected, upload it again.
    /// </exception>
    [Effect(Effect.Idempotent), Alias("Pin")]
    Task<BlobView> Pin(AccountId account, long size);

    /// <summary>Removes the account's pin; a blob without pins is collected later. A repetition finds no pin and says so.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.BlobNotFound"/>, also where only others have pinned it.</exception>
    [Effect(Effect.Idempotent), Alias("Unpin")]
    Task Unpin(AccountId account);

    /// <returns>Null where the account has not pinned it, whether or not others have.</returns>
    [Effect(Effect.None), AlwaysInterleave, Alias("Find")]
    Task<BlobView?> Find(AccountId account);

    /// <summary>Keeps a program's module for as long as the program exists, whoever removes his own pin.</summary>
    [Effect(Effect.Idempotent), Alias("KeepFor")]
    Task KeepFor(ProgramId program);

    /// <summary>
    /// The program was removed: its module is kept until the jobs have ended that were submitted before, and then no longer on its account. Nothing
    /// happens where the blob is not the program's.
    /// </summary>
    [Effect(Effect.Idempotent), Alias("ReleaseFor")]
    Task ReleaseFor(ProgramId program);

    /// <summary>
    /// For the collector: whether anybody wants it kept. After false no pin is taken for <see cref="MarketLimits.BlobCollectMax"/>, in which the
    /// collector may delete the bytes.
    /// </summary>
    [Effect(Effect.Idempotent), Alias("IsPinned")]
    Task<bool> IsPinned();
}

[GenerateSerializer, Immutable, Alias("BlobView")]
public sealed record BlobView([property: Id(0)] BlobId Id, [property: Id(1)] long Size, [property: Id(2)] DateTimeOffset PinnedAt);
