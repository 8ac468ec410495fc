using Marketplace.GrainInterfaces.Codecs;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// What lists show of a blob that an account keeps: the summary in its row of the read model, which is owned by the account.
/// </summary>
public sealed record BlobSummary(BlobId Id, long Size)
{
    /// <summary>The kind of the rows; there is one per account and blob.</summary>
    public const string Kind = "pin";

    private const byte Format = 1;

    public ReadOnlyMemory<byte> Write()
    {
        var writer = new CompactWriter(48);
        writer.Byte(Format);
        writer.Id(Id.Value);
        writer.Signed(Size);
        return writer.Finish();
    }

    /// <exception cref="InvalidDataException">The bytes are not a summary.</exception>
    public static BlobSummary Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The summary of a blob");
        var summary = new BlobSummary(new BlobId(reader.Id()), reader.Signed());
        reader.End();
        return summary;
    }
}
