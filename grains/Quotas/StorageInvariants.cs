namespace Marketplace.Grains;

/// <summary>What holds at every moment for what an account keeps.</summary>
internal static class StorageInvariants
{
    /// <returns>All violations; empty when the counts are sound.</returns>
    public static IReadOnlyList<string> Violations(KeptBlobs kept)
    {
        var violations = new List<string>();
        var blobs = kept.PinnedBlobs.Concat(kept.Modules.Select(module => (Blob: module.Module, module.Size))).Distinct().ToArray();
        if (blobs.Sum(blob => blob.Size) != kept.Bytes)
        {
            violations.Add($"the blobs do not add up to {kept.Bytes} bytes");
        }
        if (blobs.Length != kept.Count)
        {
            violations.Add($"{blobs.Length} blobs are kept, and {kept.Count} are counted");
        }
        return violations;
    }
}
