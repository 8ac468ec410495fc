using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>Between the blob and program records of the API and those of the grains. Pure.</summary>
internal static class StorageMapper
{
    public static Blob ToBlob(BlobView view) => new(view.Id, view.Size, view.PinnedAt);

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
