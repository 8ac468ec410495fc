namespace Marketplace.Grains;

/// <summary>Who keeps a blob and why. The bytes never pass through here. Key: <see cref="BlobId"/>.</summary>
[Alias("IBlobGrain")]
public interface IBlobGrain : IGrainWithStringKey
{
    /// <summary>Records that the account wants the blob kept. The bytes must be in the store.</summary>
    [Effect(Effect.Idempotent), Alias("Pin")]
    Task<BlobView> Pin(AccountId account, long size);

    /// <summary>Removes the account's pin; a blob without pins is collected later.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.BlobNotFound"/>, also where only others have pinned it.</exception>
    [Effect(Effect.NeverRetry), Alias("Unpin")]
    Task Unpin(AccountId account);

    /// <returns>Null where the account has not pinned it, whether or not others have.</returns>
    [Effect(Effect.None), AlwaysInterleave, Alias("Find")]
    Task<BlobView?> Find(AccountId account);

    /// <summary>For the collector: whether anybody wants it kept.</summary>
    [Effect(Effect.None), Alias("IsPinned")]
    Task<bool> IsPinned();
}

[GenerateSerializer, Immutable, Alias("BlobView")]
public sealed record BlobView([property: Id(0)] BlobId Id, [property: Id(1)] long Size, [property: Id(2)] DateTimeOffset PinnedAt);
