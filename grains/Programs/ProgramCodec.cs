using System.Collections.Immutable;
using Marketplace.Grains.Codecs;

namespace Marketplace.Grains;

/// <summary>The stored form of a program's manifest.</summary>
internal static class ProgramCodec
{
    private const byte Format = 1;

    public static ReadOnlyMemory<byte> Write(ProgramView program)
    {
        var writer = new CompactWriter(512);
        writer.Byte(Format);
        writer.Id(program.Id.Value);
        writer.Id(program.Module.Value);
        writer.Signed(program.ModuleSize);
        writer.Text(program.Name);
        writer.Id(program.Deployer.Value);
        writer.Time(program.DeployedAt);
        writer.Text(program.Abi);
        WriteTexts(writer, program.EntryPoints);
        WriteTexts(writer, program.Imports);
        writer.Flag(program.UsesState);
        return writer.Finish();
    }

    public static ProgramView Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A program");
        var program = new ProgramView(
            new ProgramId(reader.Id()), new BlobId(reader.Id()), reader.Signed(), reader.Text(), new AccountId(reader.Id()), reader.Time(), reader.Text(),
            ReadTexts(ref reader), ReadTexts(ref reader), reader.Flag());
        reader.End();
        return program;
    }

    private static void WriteTexts(CompactWriter writer, ImmutableArray<string> texts)
    {
        writer.Count(texts.Length);
        foreach (var text in texts)
            writer.Text(text);
    }

    private static ImmutableArray<string> ReadTexts(ref CompactReader reader)
    {
        var texts = new string[reader.Items()];
        for (var index = 0; index < texts.Length; index++)
            texts[index] = reader.Text();
        return ImmutableArray.Create(texts);
    }
}
