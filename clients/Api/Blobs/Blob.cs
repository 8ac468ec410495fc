namespace Marketplace;

/// <summary>A blob of the account.</summary>
/// <param name="Id"><c>blob</c> and the digits that <c>b3sum</c> prints.</param>
/// <param name="Size">Bytes.</param>
/// <param name="PinnedAt">Since when the account keeps it.</param>
public sealed record Blob(BlobId Id, long Size, DateTimeOffset PinnedAt);
