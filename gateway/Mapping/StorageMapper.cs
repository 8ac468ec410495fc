using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Gateway;

/// <summary>Between the blob and program records of the API and those of the grains. Pure.</summary>
internal static class StorageMapper
{
    public static Blob ToBlob(BlobView view) => new(view.Id, view.Size, view.PinnedAt);

    /// <exception cref="InvalidDataException">The row's summary is not one.</exception>
    public static Blob ToBlob(ListingRow row)
    {
        var summary = BlobSummary.Read(row.Summary.Span);
        return new Blob(summary.Id, summary.Size, row.At);
    }

    public static DeployedProgram ToProgram(ProgramView view) =>
        new(
            view.Id,
            view.Name,
            view.Module,
            view.ModuleSize,
            view.Deployer,
            view.DeployedAt,
            view.Abi,
            view.EntryPoints,
            view.Imports,
            view.UsesState
        );
}
