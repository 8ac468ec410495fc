using System.Globalization;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// The row of a certificate in the read model, which it has until it knows its batch: so the rows are those that the ledger does not name
/// yet. After that it never changes.
/// </summary>
public sealed class CertificateProjection : IProjection
{
    internal const string Untold = "untold";

    public string Kind => CertificateState.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        var state = CertificateState.Read(content);
        ended = !state.IsUntold;
        return ended
            ? null
            : new ListingRow(
                Kind: Kind,
                Id: id,
                Owner: "",
                State: Untold,
                Label: state.Certificate.Epoch.ToString(CultureInfo.InvariantCulture),
                At: state.SignedAt!.Value,
                Summary: default
            );
    }
}
