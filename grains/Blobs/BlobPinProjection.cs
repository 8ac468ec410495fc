using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The row of a pin in the read model, and the stored form of its summary. There is one per account and blob.</summary>
public sealed class BlobPinProjection : IProjection
{
    private const byte Format = 1;

    public string Kind => BlobPin.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        ended = false;
        var pin = BlobPin.Read(content);
        var summary = new CompactWriter(48);
        summary.Byte(Format);
        summary.Id(pin.Blob.Value);
        summary.Signed(pin.Size);
        return new ListingRow(
            Kind: Kind,
            Id: id,
            Owner: pin.Account.ToString(),
            State: "pinned",
            Label: pin.Blob.ToString(),
            At: pin.PinnedAt,
            Summary: summary.Finish()
        );
    }

    /// <exception cref="InvalidDataException">The row is not one of a pin.</exception>
    internal static BlobView Read(ListingRow row)
    {
        var reader = new CompactReader(row.Summary.Span);
        reader.Version(Format, "The summary of a blob");
        var blob = new BlobView(new BlobId(reader.Id()), reader.Signed(), row.At);
        reader.End();
        return blob;
    }
}
