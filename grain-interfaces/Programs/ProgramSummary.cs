using Marketplace.GrainInterfaces.Codecs;

namespace Marketplace.GrainInterfaces;

/// <summary>What lists show of a program: the summary in its row of the read model, which is owned by the deployer.</summary>
public sealed record ProgramSummary(string Name, BlobId Module, long ModuleSize, string Abi)
{
    /// <summary>The kind of the rows.</summary>
    public const string Kind = "program";

    private const byte Format = 1;

    public ReadOnlyMemory<byte> Write()
    {
        var writer = new CompactWriter(96);
        writer.Byte(Format);
        writer.Text(Name);
        writer.Id(Module.Value);
        writer.Signed(ModuleSize);
        writer.Text(Abi);
        return writer.Finish();
    }

    /// <exception cref="InvalidDataException">The bytes are not a summary.</exception>
    public static ProgramSummary Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The summary of a program");
        var summary = new ProgramSummary(reader.Text(), new BlobId(reader.Id()), reader.Signed(), reader.Text());
        reader.End();
        return summary;
    }
}
