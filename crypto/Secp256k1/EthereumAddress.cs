using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// An account's address on Ethereum and its like: the last 20 bytes of Keccak-256 of the public key. Its text is 0x and 40 digits, whose
/// letters' case is a checksum (<see href="https://eips.ethereum.org/EIPS/eip-55">EIP-55</see>); a text in one case has none.
/// </summary>
public readonly record struct EthereumAddress
{
    public const int Size = 20;

    private const int TextSize = 2 + (2 * Size);

    private readonly Words _words;

    /// <exception cref="ArgumentException"><paramref name="bytes"/> are not 20.</exception>
    public EthereumAddress(ReadOnlySpan<byte> bytes)
    {
        Secp256k1.Check(bytes, Size, nameof(bytes));
        _words = Unsafe.ReadUnaligned<Words>(in bytes[0]);
    }

    /// <param name="publicKey">x and y, 64 bytes.</param>
    public static EthereumAddress Of(ReadOnlySpan<byte> publicKey)
    {
        Secp256k1.Check(publicKey, Secp256k1.PublicKeySize, nameof(publicKey));
        Span<byte> digest = stackalloc byte[Keccak256.DigestSize];
        Keccak256.Hash(publicKey, digest);
        return new EthereumAddress(digest[^Size..]);
    }

    /// <exception cref="FormatException">The text is not 0x and 40 digits, or its letters' case is not that of the checksum.</exception>
    public static EthereumAddress Parse(string text) =>
        TryParse(text, out var address)
            ? address
            : throw new FormatException(
                $"\"{text}\" is no Ethereum address: 0x and {2 * Size} hexadecimal digits, all in one case or in that of EIP-55."
            );

    public static bool TryParse([NotNullWhen(true)] string? text, out EthereumAddress address)
    {
        address = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (
            text is not { Length: TextSize }
            || !text.StartsWith("0x", StringComparison.Ordinal)
            || Convert.FromHexString(text.AsSpan(2), bytes, out _, out _) != System.Buffers.OperationStatus.Done
        )
        {
            return false;
        }
        var read = new EthereumAddress(bytes);
        var digits = text.AsSpan(2);
        var isMixed = digits.ContainsAnyInRange('A', 'F') && digits.ContainsAnyInRange('a', 'f');
        if (isMixed && text != read.ToString())
        {
            return false;
        }
        address = read;
        return true;
    }

    public void CopyTo(Span<byte> destination) => Unsafe.WriteUnaligned(ref destination[..Size][0], _words);

    /// <summary>With the checksum of EIP-55: a letter is large where the digit of the hash of the small text is 8 or more.</summary>
    public override string ToString() =>
        string.Create(
            TextSize,
            this,
            static (text, address) =>
            {
                Span<byte> bytes = stackalloc byte[Size],
                    ascii = stackalloc byte[2 * Size],
                    hash = stackalloc byte[Keccak256.DigestSize];
                address.CopyTo(bytes);
                "0x".CopyTo(text);
                Convert.TryToHexStringLower(bytes, text[2..], out _);
                System.Text.Encoding.ASCII.GetBytes(text[2..], ascii);
                Keccak256.Hash(ascii, hash);
                for (var i = 0; i < ascii.Length; i++)
                {
                    var digit = (hash[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15;
                    text[2 + i] = digit >= 8 ? char.ToUpperInvariant(text[2 + i]) : text[2 + i];
                }
            }
        );

    private readonly record struct Words(uint A, uint B, uint C, uint D, uint E);
}
