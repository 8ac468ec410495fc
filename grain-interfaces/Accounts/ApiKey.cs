using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// An API key as a client sends it: <c>id_secret</c>. The id is <c>mk</c> and 16 lower-case hexadecimal digits and names the key's grain;
/// the secret is 64 lower-case hexadecimal digits, 32 random bytes, so a plain hash of it cannot be guessed back and needs no salt. There
/// is one text form only: what differs in case or length is not a key.
/// </summary>
public readonly record struct ApiKey
{
    /// <summary>Random bytes of an id: enough that ids of different accounts never meet.</summary>
    public const int IdBytes = 8;

    public const int IdTextSize = 2 + (2 * IdBytes);
    public const int TextSize = IdTextSize + 1 + Bytes32.TextSize;

    private const string Prefix = "mk";
    private const char Separator = '_';

    private ApiKey(string id, Bytes32 secretHash)
    {
        Id = id;
        SecretHash = secretHash;
    }

    /// <summary>The public half: in lists, in logs, the key of <see cref="IKeyGrain"/>.</summary>
    public string Id { get; }

    /// <summary>What is stored and compared instead of the secret.</summary>
    public Bytes32 SecretHash { get; }

    private static ReadOnlySpan<byte> Domain => "marketplace api key secret v1\0"u8;

    /// <summary>Reads a presented key. The secret itself is not kept.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ApiKey key)
    {
        key = default;
        if (text.Length != TextSize || text[IdTextSize] != Separator || !IsId(text[..IdTextSize]))
        {
            return false;
        }
        var digits = text[(IdTextSize + 1)..];
        if (!IsLowerHex(digits))
        {
            return false;
        }
        Span<byte> secret = stackalloc byte[Bytes32.Size];
        Convert.FromHexString(digits, secret, out _, out _);
        key = new ApiKey(text[..IdTextSize].ToString(), HashSecret(secret));
        CryptographicOperations.ZeroMemory(secret);
        return true;
    }

    /// <summary>Whether a text has the form of a key's id, before it is used as a grain key.</summary>
    public static bool IsId([NotNullWhen(true)] string? text) => text is not null && IsId(text.AsSpan());

    /// <summary>The id that eight random bytes give.</summary>
    /// <exception cref="ArgumentException">There are not eight.</exception>
    public static string FormatId(ReadOnlySpan<byte> random)
    {
        if (random.Length != IdBytes)
        {
            throw new ArgumentException($"Expected {IdBytes} bytes, got {random.Length}.", nameof(random));
        }
        return Prefix + Convert.ToHexStringLower(random);
    }

    /// <summary>The whole key as the client gets it, once.</summary>
    /// <exception cref="ArgumentException">The id is not one, or the secret has not 32 bytes.</exception>
    public static string Format(string id, ReadOnlySpan<byte> secret)
    {
        if (!IsId(id))
        {
            throw new ArgumentException($"Expected '{Prefix}' and {2 * IdBytes} lower-case hexadecimal digits, got '{id}'.", nameof(id));
        }
        if (secret.Length != Bytes32.Size)
        {
            throw new ArgumentException($"Expected {Bytes32.Size} bytes, got {secret.Length}.", nameof(secret));
        }
        return $"{id}{Separator}{Convert.ToHexStringLower(secret)}";
    }

    /// <summary>SHA-256 over a fixed domain and the secret's 32 bytes (not its digits).</summary>
    /// <exception cref="ArgumentException">The secret has not 32 bytes.</exception>
    public static Bytes32 HashSecret(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != Bytes32.Size)
        {
            throw new ArgumentException($"Expected {Bytes32.Size} bytes, got {secret.Length}.", nameof(secret));
        }
        Span<byte> message = stackalloc byte[Domain.Length + Bytes32.Size];
        Domain.CopyTo(message);
        secret.CopyTo(message[Domain.Length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, hash);
        CryptographicOperations.ZeroMemory(message);
        return new Bytes32(hash);
    }

    public override string ToString() => Id;

    private static bool IsId(ReadOnlySpan<char> text) =>
        text.Length == IdTextSize && text.StartsWith(Prefix, StringComparison.Ordinal) && IsLowerHex(text[Prefix.Length..]);

    private static bool IsLowerHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept("0123456789abcdef");
}
