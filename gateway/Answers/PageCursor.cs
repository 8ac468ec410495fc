using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Marketplace.Storage;

namespace Marketplace.Gateway;

/// <summary>
/// The text form of a place in a list: base64url of a version byte, the time in UTC ticks (big-endian) and the id. It grants nothing: each
/// page is filtered by its caller again, so it needs no signature.
/// </summary>
internal static class PageCursor
{
    private const byte Version = 1;
    private const int HeadBytes = 1 + sizeof(long);

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The cursor after a full page; null where the page is the last one.</summary>
    public static string? Next(IReadOnlyList<ListingRow> rows, int limit) =>
        rows.Count < limit ? null : Write(new ListingCursor(rows[^1].At, rows[^1].Id));

    public static string Write(ListingCursor cursor)
    {
        var bytes = new byte[HeadBytes + Encoding.UTF8.GetByteCount(cursor.Id)];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), cursor.At.UtcTicks);
        Encoding.UTF8.GetBytes(cursor.Id, bytes.AsSpan(HeadBytes));
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="GrainInterfaces.MarketException">It is not a cursor.</exception>
    public static ListingCursor? Read(string? text)
    {
        if (text is null)
        {
            return null;
        }
        if (text.Length is 0 or > GatewayPolicy.CursorCharactersMax || !Base64Url.IsValid(text))
        {
            throw RequestReader.Malformed(GatewayMessages.BadCursor(text));
        }
        var bytes = Base64Url.DecodeFromChars(text);
        // One text per cursor: what decodes alike but is written otherwise is not one of ours.
        if (bytes.Length <= HeadBytes || bytes[0] != Version || Base64Url.EncodeToString(bytes) != text)
        {
            throw RequestReader.Malformed(GatewayMessages.BadCursor(text));
        }
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(1));
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
        {
            throw RequestReader.Malformed(GatewayMessages.BadCursor(text));
        }
        try
        {
            var id = StrictUtf8.GetString(bytes, HeadBytes, bytes.Length - HeadBytes);
            return new ListingCursor(new DateTimeOffset(ticks, TimeSpan.Zero), id);
        }
        catch (DecoderFallbackException)
        {
            throw RequestReader.Malformed(GatewayMessages.BadCursor(text));
        }
    }
}
