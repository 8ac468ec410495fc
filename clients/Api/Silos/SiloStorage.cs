namespace Marketplace;

/// <summary>Where the asked silo keeps its files, and how full that is.</summary>
/// <param name="DiskBytes">The size of the disk with the data folder.</param>
/// <param name="DiskFreeBytes">What of it is free.</param>
/// <param name="DiskFloorBytes">Uploads and new jobs are refused once less is free.</param>
/// <param name="StoreBytes">The journal and its tables, without blobs; absent on a cluster, whose database knows.</param>
/// <param name="FoldLag">Durable changes that lists do not show yet.</param>
public sealed record SiloStorage(long DiskBytes, long DiskFreeBytes, long DiskFloorBytes, long? StoreBytes, long FoldLag);
