using System.Buffers.Binary;
using System.Text;

namespace Marketplace.Crypto;

/// <summary>
/// The bytes that a key signs. The domain says what is meant, so a signature for one purpose is worth nothing for another, and every part
/// stands behind its length (u32, little-endian), so two different messages never have the same bytes.
/// </summary>
public static class SignedMessage
{
    /// <param name="domain">What is signed, with its version; letters of ASCII.</param>
    /// <param name="parts">What it says, in a fixed order. The first is the market's public key, where the message is for a market.</param>
    public static byte[] Of(string domain, params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        var size = sizeof(uint) + domain.Length;
        foreach (var part in parts)
        {
            size += sizeof(uint) + part.Length;
        }
        var message = new byte[size];
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)domain.Length);
        Encoding.ASCII.GetBytes(domain, message.AsSpan(sizeof(uint)));
        var rest = message.AsSpan(sizeof(uint) + domain.Length);
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)part.Length);
            part.Span.CopyTo(rest[sizeof(uint)..]);
            rest = rest[(sizeof(uint) + part.Length)..];
        }
        return message;
    }
}
