namespace Marketplace.Grains;

/// <summary>
/// The stored form of all that an account keeps: blobs of its own, then programs with their modules. It is first written after the
/// account's own log was carried over.
/// </summary>
internal static class KeptBlobsCodec
{
    private const byte Format = 1;

    public static ReadOnlyMemory<byte> Write(KeptBlobs kept)
    {
        var writer = new CompactWriter(16 + (40 * kept.Count) + (72 * kept.ProgramCount));
        writer.Byte(Format);
        WritePins(writer, kept);
        WriteModules(writer, kept);
        return writer.Finish();
    }

    public static KeptBlobs Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A snapshot of what an account keeps");
        var kept = new KeptBlobs { IsOwn = true };
        ReadPins(ref reader, kept);
        ReadModules(ref reader, kept);
        reader.End();
        return kept;
    }

    /// <summary>Also a part of the account's own snapshots, as the other three.</summary>
    public static void WritePins(CompactWriter writer, KeptBlobs kept)
    {
        var pins = kept.PinnedBlobs.OrderBy(pin => pin.Blob).ToArray();
        writer.Count(pins.Length);
        foreach (var (blob, size) in pins)
        {
            writer.Id(blob.Value);
            writer.Signed(size);
        }
    }

    public static void WriteModules(CompactWriter writer, KeptBlobs kept)
    {
        writer.Count(kept.ProgramCount);
        foreach (var (program, module, size) in kept.Modules.OrderBy(one => one.Program))
        {
            writer.Id(program.Value);
            writer.Id(module.Value);
            writer.Signed(size);
        }
    }

    public static void ReadPins(ref CompactReader reader, KeptBlobs kept)
    {
        for (var left = reader.Items(itemSizeMin: 33); left > 0; left--)
        {
            kept.Pin(new BlobId(reader.Id()), reader.Signed());
        }
    }

    public static void ReadModules(ref CompactReader reader, KeptBlobs kept)
    {
        for (var left = reader.Items(itemSizeMin: 65); left > 0; left--)
        {
            kept.Deploy(new ProgramId(reader.Id()), new BlobId(reader.Id()), reader.Signed());
        }
    }
}
