using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The row of a program in the read model.</summary>
public sealed class ProgramProjection : IProjection
{
    public string Kind => ProgramSummary.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        ended = false;
        var (program, _, isRemoved) = ProgramCodec.Read(content);
        if (isRemoved)
        {
            return null;
        }
        return new ListingRow(
            Kind,
            id,
            program.Deployer.ToString(),
            "deployed",
            program.Module.ToString(),
            program.DeployedAt,
            new ProgramSummary(program.Name, program.Module, program.ModuleSize, program.Abi).Write()
        );
    }
}
