namespace Marketplace.GrainInterfaces;

/// <summary>Who keeps a blob and why. The bytes never pass through here. Key: <see cref="BlobId"/>.</summary>
[Alias("IBlobGrain")]
public interface IBlobGrain : IGrainWithStringKey
{
    /// <summary>Records that the account wants the blob kept. The bytes must be in the store.</summary>
    /// <param name="account">Who keeps it.</param>
    /// <param name="size">Its bytes, as the store counted them.</param>
    /// <param name="caller">A key of the account with <see cref="Scopes.Submit"/>; null: <paramref name="by"/> asks.</param>
    /// <param name="by">Who asks where no key does.</param>
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.BlobNotFound"/>: the bytes are not in the store; <see cref="ErrorCode.QuotaExceeded"/>;
    /// <see cref="ErrorCode.Unavailable"/>: the blob is being collected, upload it again.
    /// </exception>
    [Effect(Effect.Idempotent), Alias("Pin")]
    Task<BlobView> Pin(AccountId account, long size, Caller? caller, Authority by);

    /// <summary>Removes the account's pin; a blob without pins is collected later. A repetition finds no pin and says so.</summary>
    /// <param name="account">Who keeps it.</param>
    /// <param name="caller">A key of the account with <see cref="Scopes.Submit"/>; null: <paramref name="by"/> asks.</param>
    /// <param name="by">Who asks where no key does.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.BlobNotFound"/>, also where only others have pinned it.</exception>
    [Effect(Effect.Idempotent), Alias("Unpin")]
    Task Unpin(AccountId account, Caller? caller, Authority by);

    /// <returns>Null where the account has not pinned it, whether or not others have.</returns>
    [Effect(Effect.None), AlwaysInterleave, Alias("Find")]
    Task<BlobView?> Find(AccountId account);

    /// <summary>
    /// Keeps a program's module for as long as the program exists, also when the accounts remove their own pins, and counts it against the
    /// quota of <paramref name="deployer"/>. After a refusal it is neither counted nor kept.
    /// </summary>
    /// <param name="program">Whose module this is.</param>
    /// <param name="deployer">One of those who deployed it; zero from a silo of an earlier version, which counts by itself.</param>
    /// <param name="by">Who asks.</param>
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.BlobNotFound"/>, <see cref="ErrorCode.QuotaExceeded"/>; <see cref="ErrorCode.LimitExceeded"/>: too many
    /// programs or accounts keep it; <see cref="ErrorCode.Unavailable"/>: the blob is being collected.
    /// </exception>
    [Effect(Effect.Idempotent), Alias("KeepFor")]
    Task KeepFor(ProgramId program, AccountId deployer, Authority by);

    /// <summary>
    /// The last deployer has removed the program. Its module is kept until all jobs that were submitted before have ended, and counts
    /// against that account until then. If the blob does not keep it for this account, the account's quota is free at once.
    /// </summary>
    /// <param name="program">Whose module this was.</param>
    /// <param name="deployer">The last one; zero from a silo of an earlier version, which discounts by itself.</param>
    /// <param name="by">Who asks.</param>
    [Effect(Effect.Idempotent), Alias("ReleaseFor")]
    Task ReleaseFor(ProgramId program, AccountId deployer, Authority by);

    /// <summary>
    /// For the collector: whether an account or a program keeps the blob. After false no pin is taken for
    /// <see cref="MarketLimits.BlobCollectMax"/>; in that time the collector may delete the bytes.
    /// </summary>
    [Effect(Effect.Idempotent), Alias("IsPinned")]
    Task<bool> IsPinned(Authority by);
}

[GenerateSerializer, Immutable, Alias("BlobView")]
public sealed record BlobView([property: Id(0)] BlobId Id, [property: Id(1)] long Size, [property: Id(2)] DateTimeOffset PinnedAt);
