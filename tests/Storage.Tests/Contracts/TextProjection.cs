using System.Globalization;
using System.Text;

namespace Marketplace.Storage.Contracts;

/// <summary>
/// Reads documents that are text: <c>owner|state|label|ticks|summary</c>; "ended" is the state that says so, "hidden" has no row, and
/// "dropped" has ended and has none any more.
/// </summary>
public sealed class TextProjection(string kind) : IProjection
{
    /// <summary>The kind that the tests use.</summary>
    public const string Thing = "thing";

    public string Kind => kind;

    public static byte[] Content(string owner, string state, string label, long ticks, string summary = "") =>
        Encoding.UTF8.GetBytes(string.Join('|', owner, state, label, ticks.ToString(CultureInfo.InvariantCulture), summary));

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        var parts = Encoding.UTF8.GetString(content).Split('|');
        ended = parts.Length == 5 && parts[1] is "ended" or "dropped";
        if (parts.Length != 5 || parts[1] is "hidden" or "dropped")
        {
            return null;
        }
        var at = new DateTimeOffset(long.Parse(parts[3], CultureInfo.InvariantCulture), TimeSpan.Zero);
        return new ListingRow(
            Kind: kind,
            Id: id,
            Owner: parts[0],
            State: parts[1],
            Label: parts[2],
            At: at,
            Summary: Encoding.UTF8.GetBytes(parts[4])
        );
    }
}
