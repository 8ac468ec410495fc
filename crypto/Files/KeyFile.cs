using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Marketplace.Crypto;

/// <summary>What a key file tells without its passphrase.</summary>
public readonly record struct KeyFileView(Bytes32 PublicKey, bool IsEncrypted);

/// <summary>
/// An Ed25519 seed in a file of its own, for its owner only (mode 0600), plain or encrypted under a passphrase: PBKDF2-HMAC-SHA256 makes
/// the key of AES-256-GCM, which binds all other fields. Files of 64 hexadecimal digits, the bare seed, are read as well. The file is JSON:
/// <c>format</c>, <c>publicKey</c>, then <c>seed</c> or <c>sealed</c> (<c>iterations</c>, <c>salt</c>, <c>nonce</c>, <c>box</c>: the
/// encrypted seed and its tag), and <c>check</c>, BLAKE3 over the values before it, each followed by a line feed; bytes are hexadecimal.
/// </summary>
public static class KeyFile
{
    /// <summary>Programs take a passphrase from here or a prompt, never from arguments, which others on the machine can see.</summary>
    public const string PassphraseVariable = "MARKET_KEY_PASSPHRASE";

    /// <summary>What OWASP asks of PBKDF2-HMAC-SHA256: a fifth of a second a guess on one core. The file states its own count.</summary>
    internal const int Iterations = 600_000;

    /// <summary>A file that states more is damaged or hostile: opening it would take minutes.</summary>
    public const int IterationsMax = 10_000_000;

    /// <summary>An encrypted file has about 500 bytes, of other programs a thousand; more is no key file and is not read.</summary>
    public const int KeyFileBytesMax = 4096;

    internal const string Format = "marketplace-key-1";
    private const int SaltSize = 16;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    /// <summary>
    /// Makes a key and its file, in a folder that exists. The file is whole and on the disk under its name when this returns; a process
    /// that ends before leaves at most a file <c>PATH.….new</c>, which means nothing.
    /// </summary>
    /// <exception cref="KeyFileException">There is such a file already; it is not touched. Or the file cannot be made.</exception>
    public static Ed25519KeyPair Create(string path, string? passphrase = null)
    {
        path = Path.GetFullPath(path);
        using var random = RandomNumberGenerator.Create();
        var key = Ed25519KeyPair.Generate(random);
        try
        {
            var fields = passphrase is null ? Plain(key) : Sealed(key, SecretFile.Encode(path, passphrase));
            SecretFile.Create(path, JsonSerializer.SerializeToUtf8Bytes(fields, KeyFileJson.Default.KeyFileFields));
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>The key of a file that is there.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="passphrase">Null where the file is not encrypted; ignored there if it is given.</param>
    /// <exception cref="KeyFileException">Its kind and its message say what is wrong, and what to do.</exception>
    public static Ed25519KeyPair Open(string path, string? passphrase = null)
    {
        path = Path.GetFullPath(path);
        var fields = Read(path);
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        if (fields.Sealed is { } box)
        {
            if (passphrase is null)
            {
                throw KeyFileException.NeedsPassphrase(path);
            }
            Unseal(path, fields, box, SecretFile.Encode(path, passphrase), seed);
        }
        else
        {
            Decode(path, fields.Seed!, seed);
        }
        var key = new Ed25519KeyPair(seed);
        CryptographicOperations.ZeroMemory(seed);
        if (fields.PublicKey is not null && key.PublicKey.ToString() != fields.PublicKey)
        {
            key.Dispose();
            throw KeyFileException.Damaged(path, "its public key is not that of its seed");
        }
        return key;
    }

    /// <summary>The public key, and whether <see cref="Open"/> needs a passphrase.</summary>
    /// <exception cref="KeyFileException">As <see cref="Open"/>.</exception>
    public static KeyFileView View(string path)
    {
        var fields = Read(Path.GetFullPath(path));
        if (fields.Sealed is not null)
        {
            return new(Key(fields.PublicKey), IsEncrypted: true);
        }
        using var key = Open(path);
        return new(key.PublicKey, IsEncrypted: false);

        Bytes32 Key(string? text) =>
            Bytes32.TryParse(text, out var key) ? key : throw KeyFileException.Damaged(path, "its public key is not 64 hexadecimal digits");
    }

    private static KeyFileFields Plain(Ed25519KeyPair key)
    {
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        key.CopySeedTo(seed);
        var fields = new KeyFileFields(Format, key.PublicKey.ToString(), Convert.ToHexStringLower(seed), null);
        CryptographicOperations.ZeroMemory(seed);
        return fields with { Check = CheckOf(fields) };
    }

    private static KeyFileFields Sealed(Ed25519KeyPair key, byte[] passphrase)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var nonce = RandomNumberGenerator.GetBytes(NonceSize);
        var open = new SealedSeed(Iterations, Convert.ToHexStringLower(salt), Convert.ToHexStringLower(nonce), "");
        var fields = new KeyFileFields(Format, key.PublicKey.ToString(), null, open);

        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        var box = new byte[Ed25519.SeedSize + TagSize];
        key.CopySeedTo(seed);
        using (var cipher = CipherOf(passphrase, salt, Iterations))
        {
            cipher.Encrypt(nonce, seed, box.AsSpan(0, Ed25519.SeedSize), box.AsSpan(Ed25519.SeedSize), Bound(fields));
        }
        CryptographicOperations.ZeroMemory(seed);
        fields = fields with { Sealed = open with { Box = Convert.ToHexStringLower(box) } };
        return fields with { Check = CheckOf(fields) };
    }

    private static void Unseal(string path, KeyFileFields fields, SealedSeed sealedSeed, byte[] passphrase, Span<byte> seed)
    {
        Span<byte> salt = stackalloc byte[SaltSize],
            nonce = stackalloc byte[NonceSize],
            box = stackalloc byte[Ed25519.SeedSize + TagSize];
        Decode(path, sealedSeed.Salt, salt);
        Decode(path, sealedSeed.Nonce, nonce);
        Decode(path, sealedSeed.Box, box);
        var bound = Bound(fields with { Sealed = sealedSeed with { Box = "" } });
        using var cipher = CipherOf(passphrase, salt, sealedSeed.Iterations);
        try
        {
            cipher.Decrypt(nonce, box[..Ed25519.SeedSize], box[Ed25519.SeedSize..], seed, bound);
        }
        catch (AuthenticationTagMismatchException)
        {
            // The check held, so the file is as it was written.
            throw KeyFileException.WrongPassphrase(path);
        }
    }

    /// <summary>Wipes the passphrase.</summary>
    private static AesGcm CipherOf(byte[] passphrase, ReadOnlySpan<byte> salt, int iterations)
    {
        Span<byte> key = stackalloc byte[32];
        Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, key, iterations, HashAlgorithmName.SHA256);
        CryptographicOperations.ZeroMemory(passphrase);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    private static KeyFileFields Read(string path)
    {
        var content = SecretFile.Read(path);
        var text = content.AsSpan().Trim(" \t\r\n"u8);
        if (text.Length == 2 * Ed25519.SeedSize && text[0] != '{')
        {
            // A bare seed has no check: a digit that changed is another key.
            return new(Format, null, Encoding.ASCII.GetString(text), null);
        }
        KeyFileFields? fields;
        try
        {
            fields = JsonSerializer.Deserialize(text, KeyFileJson.Default.KeyFileFields);
        }
        catch (JsonException failure)
        {
            throw KeyFileException.Damaged(path, "it is neither JSON of this form nor 64 hexadecimal digits", failure);
        }
        if (fields is null || fields.Format != Format)
        {
            throw KeyFileException.Damaged(path, $"its format is not {Format}");
        }
        if ((fields.Seed is null) == (fields.Sealed is null) || fields.Check != CheckOf(fields))
        {
            throw KeyFileException.Damaged(path, "its check does not hold");
        }
        if (fields.Sealed is { Iterations: < 1 or > IterationsMax } sealedSeed)
        {
            throw KeyFileException.Damaged(path, $"it states {sealedSeed.Iterations} iterations; 1 to {IterationsMax} are allowed");
        }
        return fields;
    }

    private static void Decode(string path, string text, Span<byte> destination)
    {
        if (
            text is null
            || text.Length != 2 * destination.Length
            || Convert.FromHexString(text, destination, out _, out _) != System.Buffers.OperationStatus.Done
        )
        {
            throw KeyFileException.Damaged(path, $"a value is not {2 * destination.Length} hexadecimal digits");
        }
    }

    private static byte[] Bound(KeyFileFields fields) => Encoding.UTF8.GetBytes(Lines(fields));

    internal static string CheckOf(KeyFileFields fields) => Blake3.Hash(Encoding.UTF8.GetBytes(Lines(fields))).ToString();

    private static string Lines(KeyFileFields fields)
    {
        string[] values = fields.Sealed is { } sealedSeed
            ?
            [
                fields.Format,
                fields.PublicKey ?? "",
                sealedSeed.Iterations.ToString(CultureInfo.InvariantCulture),
                sealedSeed.Salt,
                sealedSeed.Nonce,
                sealedSeed.Box,
            ]
            : [fields.Format, fields.PublicKey ?? "", fields.Seed ?? ""];
        return string.Concat(values.Select(value => value + "\n"));
    }
}
