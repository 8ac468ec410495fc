using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Marketplace.Worker.Protocol;

/// <summary>
/// The text of a frame: <c>seal.number.json</c>. The seal is the HMAC-SHA256 of all that follows its dot, in base64url without padding; the
/// number counts the frames of the direction from 1. Seal and number are checked before the JSON is looked at.
/// </summary>
internal static class FrameSeal
{
    /// <summary>32 bytes in base64url.</summary>
    private const int SealSize = 43;
    private const int NumberSizeMax = 19;
    private const byte Dot = (byte)'.';

    /// <summary>What a message has beside its JSON, at most.</summary>
    public const int HeadSizeMax = SealSize + 1 + NumberSizeMax + 1;

    public static byte[] Seal(byte[] key, long number, ReadOnlySpan<byte> json)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}."));
        var message = new byte[SealSize + 1 + head.Length + json.Length];
        var signed = message.AsSpan(SealSize + 1);
        head.CopyTo(signed);
        json.CopyTo(signed[head.Length..]);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, signed, mac);
        Base64Url.EncodeToUtf8(mac, message);
        message[SealSize] = Dot;
        return message;
    }

    /// <returns>False where the message was not sealed with the key.</returns>
    public static bool TryOpen(byte[] key, ReadOnlySpan<byte> message, out long number, out int jsonAt)
    {
        (number, jsonAt) = (0, 0);
        if (message.Length <= SealSize + 1 || message[SealSize] != Dot)
        {
            return false;
        }
        Span<byte> expected = stackalloc byte[SealSize],
            mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var signed = message[(SealSize + 1)..];
        HMACSHA256.HashData(key, signed, mac);
        Base64Url.EncodeToUtf8(mac, expected);
        var dot = signed.IndexOf(Dot);
        // One form of the number and one of the seal: the texts themselves are compared.
        if (!CryptographicOperations.FixedTimeEquals(expected, message[..SealSize]) || dot is < 1 or > NumberSizeMax)
        {
            return false;
        }
        jsonAt = SealSize + 1 + dot + 1;
        return long.TryParse(signed[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
