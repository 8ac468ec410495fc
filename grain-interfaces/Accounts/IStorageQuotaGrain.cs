namespace Marketplace.GrainInterfaces;

/// <summary>
/// What one account keeps of blobs and programs, and how much it may: each counted once, by its id. Key: <see cref="AccountId"/>. Kept as
/// an event log beside that of the account's money. Called by the grains of blobs and programs.
/// </summary>
[Alias("IStorageQuotaGrain")]
public interface IStorageQuotaGrain : IGrainWithStringKey
{
    /// <summary>
    /// Counts a blob that the account keeps, once, against the quota; bytes that one of its programs keeps cost nothing more.
    /// Called by the blob's grain before it records the pin.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.QuotaExceeded"/>, <see cref="ErrorCode.AccountNotFound"/>.</exception>
    [Effect(Effect.Idempotent), Alias("CountBlob")]
    Task CountBlob(BlobId blob, long size, Authority by);

    /// <summary>Takes a blob out of the quota. Nothing happens where it is not counted.</summary>
    [Effect(Effect.Idempotent), Alias("DiscountBlob")]
    Task DiscountBlob(BlobId blob, Authority by);

    /// <summary>
    /// Counts a program that the account deployed, once: its module's bytes are part of the quota, unless the account keeps that
    /// blob already. Called by the blob's grain before it records that it is kept.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.QuotaExceeded"/>, <see cref="ErrorCode.AccountNotFound"/>.</exception>
    [Effect(Effect.Idempotent), Alias("CountModule")]
    Task CountModule(ProgramId program, BlobId module, long size, Authority by);

    /// <summary>Takes a program out of the quota. Nothing happens where it is not counted.</summary>
    [Effect(Effect.Idempotent), Alias("DiscountModule")]
    Task DiscountModule(ProgramId program, Authority by);

    /// <returns>The module that is counted for the program; null where none is.</returns>
    [Effect(Effect.None), Alias("FindModule")]
    Task<BlobId?> FindModule(ProgramId program);
}
