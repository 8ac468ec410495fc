namespace Marketplace.Grains;

/// <summary>The number of a market's start. It grows with each start and is no smaller than its moment in Unix milliseconds.</summary>
internal sealed record MarketStart(long Number)
{
    /// <summary>The name of the state.</summary>
    public const string Kind = "market";

    private const byte Format = 1;

    public static ReadOnlyMemory<byte> Write(MarketStart start)
    {
        var writer = new CompactWriter(16);
        writer.Byte(Format);
        writer.Signed(start.Number);
        return writer.Finish();
    }

    public static MarketStart Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The start number of a market");
        var start = new MarketStart(reader.Signed());
        reader.End();
        return start;
    }
}
