using System.Globalization;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>Messages that wallets show before they sign (<see href="https://eips.ethereum.org/EIPS/eip-191">EIP-191</see>, 0x45).</summary>
public static class PersonalMessages
{
    /// <summary>The 32 bytes that are signed for a message. A prefix is hashed with it, so that no message is a transaction.</summary>
    /// <param name="message">Of a text its UTF-8.</param>
    public static Bytes32 Digest(ReadOnlySpan<byte> message)
    {
        var length = message.Length.ToString(CultureInfo.InvariantCulture);
        var hasher = new Keccak256();
        hasher.Append(Encoding.ASCII.GetBytes($"\u0019Ethereum Signed Message:\n{length}"));
        hasher.Append(message);
        Span<byte> digest = stackalloc byte[Keccak256.DigestSize];
        hasher.Finish(digest);
        return new Bytes32(digest);
    }
}
