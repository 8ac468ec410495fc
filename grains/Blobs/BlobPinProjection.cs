using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The row of a pin in the read model.</summary>
public sealed class BlobPinProjection : IProjection
{
    public string Kind => BlobSummary.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        ended = false;
        var pin = BlobPin.Read(content);
        return new ListingRow(
            Kind,
            id,
            pin.Account.ToString(),
            "pinned",
            pin.Blob.ToString(),
            pin.PinnedAt,
            new BlobSummary(pin.Blob, pin.Size).Write()
        );
    }
}
