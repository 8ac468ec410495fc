using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Marketplace.GrainInterfaces;

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

    /// <returns>Null where the list ends.</returns>
    public static string? Write(ListPlace? next)
    {
        if (next is not { } place)
        {
            return null;
        }
        var bytes = new byte[HeadBytes + Encoding.UTF8.GetByteCount(place.Id)];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), place.At.UtcTicks);
        Encoding.UTF8.GetBytes(place.Id, bytes.AsSpan(HeadBytes));
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="MarketException">It is not a cursor.</exception>
    public static ListPlace? Read(string? text)
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
            return new ListPlace(new DateTimeOffset(ticks, TimeSpan.Zero), id);
        }
        catch (DecoderFallbackException)
        {
            throw RequestReader.Malformed(GatewayMessages.BadCursor(text));
        }
    }
}
