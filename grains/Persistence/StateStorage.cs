namespace Marketplace.Grains;

/// <summary>The storages that grains name in <c>[PersistentState]</c>. A host registers an <c>IGrainStorage</c> for each.</summary>
public static class StateStorage
{
    /// <summary>Documents, on both hosts: <see cref="DocumentGrainStorage"/>.</summary>
    public const string Documents = "documents";

    /// <summary>States without a row in the read model that only their own grain reads: on a cluster Orleans's own storage.</summary>
    public const string Plain = "plain";
}
