using Marketplace.Storage;

namespace Marketplace.Gateway;

/// <summary>
/// Reads the read model's rows of pins: one per blob and account, under the id <c>{blob}.{account}</c>, at the time of the pin.
/// </summary>
internal static class PinRow
{
    public const string Kind = "pin";

    public static BlobId BlobOf(ListingRow row)
    {
        var dot = row.Id.IndexOf('.', StringComparison.Ordinal);
        return BlobId.Parse(dot < 0 ? row.Id : row.Id[..dot]);
    }
}
