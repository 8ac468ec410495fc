using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>Between the blob and program records of the API and those of the grains. Pure.</summary>
internal static class StorageMapper
{
    public static Blob ToBlob(BlobView view) => new(view.Id, view.Size, view.PinnedAt);

    public static DeployedProgram ToProgram(ProgramView view) =>
        new(
            Id: view.Id,
            Name: view.Name,
            Module: view.Module,
            ModuleSize: view.ModuleSize,
            Deployer: view.Deployer,
            DeployedAt: view.DeployedAt,
            Abi: view.Abi,
            EntryPoints: view.EntryPoints,
            Imports: view.Imports,
            UsesState: view.UsesState,
            Deterministic: view.Nondeterminism is null,
            Nondeterminism: view.Nondeterminism
        );
}
