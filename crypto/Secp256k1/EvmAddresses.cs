using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Marketplace.Crypto;

/// <summary>
/// Addresses on Ethereum and its like as keys give them and as people type them: 0x and 40 digits, whose letters' case is a checksum
/// (<see href="https://eips.ethereum.org/EIPS/eip-55">EIP-55</see>); a text in one case has none.
/// </summary>
public static class EvmAddresses
{
    private const string Prefix = "0x";

    /// <summary>The last 20 bytes of Keccak-256 of the public key.</summary>
    /// <param name="publicKey">x and y, 64 bytes.</param>
    public static EvmAddress Of(ReadOnlySpan<byte> publicKey)
    {
        Secp256k1.Check(publicKey, Secp256k1.PublicKeySize, nameof(publicKey));
        Span<byte> digest = stackalloc byte[Keccak256.DigestSize];
        Keccak256.Hash(publicKey, digest);
        return new EvmAddress(digest[^EvmAddress.Size..]);
    }

    /// <exception cref="FormatException">The text is no address, or its letters' case is not that of the checksum.</exception>
    public static EvmAddress ParseChecked(string text) =>
        TryParseChecked(text, out var address)
            ? address
            : throw new FormatException(
                $"\"{text}\" is no address: {Prefix} and {2 * EvmAddress.Size} hexadecimal digits, all in one case or in that of EIP-55."
            );

    public static bool TryParseChecked([NotNullWhen(true)] string? text, out EvmAddress address)
    {
        if (!EvmAddress.TryParse(text, out address))
        {
            return false;
        }
        var digits = text.AsSpan(Prefix.Length);
        var isMixed = digits.ContainsAnyInRange('A', 'F') && digits.ContainsAnyInRange('a', 'f');
        if (isMixed && text != address.ToCheckedText())
        {
            address = default;
            return false;
        }
        return true;
    }

    /// <summary>With the checksum: a letter is large where the digit of the hash of the small text is 8 or more.</summary>
    public static string ToCheckedText(this EvmAddress address)
    {
        var small = address.ToString();
        var hash = Keccak256.Hash(Encoding.ASCII.GetBytes(small[Prefix.Length..]));
        var text = small.ToCharArray();
        for (var digit = 0; digit < 2 * EvmAddress.Size; digit++)
        {
            if (((hash[digit / 2] >> (digit % 2 == 0 ? 4 : 0)) & 15) >= 8)
            {
                text[Prefix.Length + digit] = char.ToUpperInvariant(text[Prefix.Length + digit]);
            }
        }
        return new string(text);
    }
}
