namespace Marketplace.Grains;

/// <summary>Where a job is that was handed over.</summary>
/// <param name="Shard">The key of the shard that has it.</param>
/// <param name="Start">That one's start number: a later one does not know the job.</param>
/// <param name="Since">When it was handed over, in running time.</param>
internal sealed record ShardStay(string Shard, long Start, TimeSpan Since);
