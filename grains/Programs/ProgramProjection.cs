using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The row of a program in the read model, which its first deployer owns.</summary>
public sealed class ProgramProjection : IProjection
{
    private const byte Format = 1;

    public string Kind => ProgramCodec.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        ended = false;
        var (program, _, isRemoved) = ProgramCodec.Read(content);
        if (isRemoved)
        {
            return null;
        }
        var summary = new CompactWriter(96);
        summary.Byte(Format);
        summary.Text(program.Name);
        summary.Id(program.Module.Value);
        summary.Signed(program.ModuleSize);
        summary.Text(program.Abi);
        return new ListingRow(
            Kind: Kind,
            Id: id,
            Owner: program.Deployer.ToString(),
            State: "deployed",
            Label: program.Module.ToString(),
            At: program.DeployedAt,
            Summary: summary.Finish()
        );
    }
}
