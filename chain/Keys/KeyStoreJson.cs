using System.Buffers;
using System.Numerics;
using System.Text.Json;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>
/// The JSON of key stores. What is said about the encryption has one form; members beside it, which wallets add, are passed over. Digits
/// have either case, and <c>crypto</c> may begin with a large letter, as some wallets write it.
/// </summary>
internal static class KeyStoreJson
{
    private const int Version = 3;
    private const string Cipher = "aes-128-ctr";
    private const string Prf = "hmac-sha256";

    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        MaxDepth = KeyStorePolicy.JsonDepthMax,
    };

    /// <param name="path">For messages.</param>
    /// <exception cref="KeyFileException">The content is no key store.</exception>
    public static KeyStoreFields Read(string path, ReadOnlyMemory<byte> content)
    {
        try
        {
            using var document = JsonDocument.Parse(content, Options);
            return new Reader(path).Read(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // The second says that a text has half of a surrogate pair, or bytes that are no UTF-8.
            throw KeyFileException.Damaged(path, "it is not JSON", failure);
        }
    }

    public static byte[] Write(KeyStoreFields fields, Guid id)
    {
        // PBKDF2 is read only.
        var derivation = (ScryptDerivation)fields.Derivation;
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("address", $"{fields.Address}"["0x".Length..]);
            writer.WriteStartObject("crypto");
            writer.WriteString("cipher", Cipher);
            writer.WriteStartObject("cipherparams");
            writer.WriteString("iv", Convert.ToHexStringLower(fields.Counter));
            writer.WriteEndObject();
            writer.WriteString("ciphertext", Convert.ToHexStringLower(fields.Ciphertext));
            writer.WriteString("kdf", "scrypt");
            writer.WriteStartObject("kdfparams");
            writer.WriteNumber("dklen", KeyStoreFields.DerivedSize);
            writer.WriteNumber("n", derivation.Cost);
            writer.WriteNumber("p", derivation.Parallelization);
            writer.WriteNumber("r", derivation.BlockSize);
            writer.WriteString("salt", Convert.ToHexStringLower(derivation.Salt));
            writer.WriteEndObject();
            writer.WriteString("mac", Convert.ToHexStringLower(fields.Mac));
            writer.WriteEndObject();
            writer.WriteString("id", id.ToString("D"));
            writer.WriteNumber("version", Version);
            writer.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private sealed class Reader(string path)
    {
        public KeyStoreFields Read(JsonElement root)
        {
            if (Number(root, "version") is var version && version != Version)
            {
                throw Damaged($"its version is {version}; {Version} is known");
            }
            if (!Guid.TryParseExact(Text(root, "id"), "D", out _))
            {
                throw Damaged("its id is no UUID");
            }
            var names = root.EnumerateObject().Select(member => member.Name).Where(name => name is "crypto" or "Crypto").ToArray();
            var crypto = names is [var name] ? root.GetProperty(name) : throw Damaged("it does not have one member 'crypto'");
            RequireMembers(crypto, "crypto", "cipher", "cipherparams", "ciphertext", "kdf", "kdfparams", "mac");
            RequireText(crypto, "cipher", Cipher);
            var cipher = crypto.GetProperty("cipherparams");
            RequireMembers(cipher, "cipherparams", "iv");
            return new KeyStoreFields
            {
                Derivation = Derivation(Text(crypto, "kdf"), crypto.GetProperty("kdfparams")),
                Counter = Bytes(cipher, "iv", KeyStoreFields.CounterSize),
                Ciphertext = Bytes(crypto, "ciphertext", Secp256k1PrivateKey.Size),
                Mac = Bytes(crypto, "mac", Keccak256.DigestSize),
                Address = root.TryGetProperty("address", out _) ? Address(Text(root, "address")) : null,
            };
        }

        private KeyStoreDerivation Derivation(string name, JsonElement parameters) =>
            name switch
            {
                "scrypt" => ReadScrypt(parameters),
                "pbkdf2" => ReadPbkdf2(parameters),
                _ => throw Damaged("its kdf is neither 'scrypt' nor 'pbkdf2'"),
            };

        private ScryptDerivation ReadScrypt(JsonElement parameters)
        {
            RequireMembers(parameters, "kdfparams", "dklen", "n", "p", "r", "salt");
            RequireDerivedSize(parameters);
            var (cost, blockSize, parallelization) = (Number(parameters, "n"), Number(parameters, "r"), Number(parameters, "p"));
            if (cost < 2 || !BitOperations.IsPow2(cost) || blockSize < 1 || parallelization < 1)
            {
                throw Damaged($"n = {cost}, r = {blockSize} and p = {parallelization} are no parameters of scrypt");
            }
            var memory = Math.Max(Scrypt.MemoryBytes(cost, blockSize), Scrypt.MemoryBytes(parallelization, blockSize));
            if (memory > KeyStorePolicy.ScryptMemoryBytesMax)
            {
                throw Damaged($"scrypt would take {memory} bytes of memory; allowed are {KeyStorePolicy.ScryptMemoryBytesMax}");
            }
            // Of two factors the first has at most 22 bits by now.
            var work = (long)cost * blockSize * parallelization;
            return work <= KeyStorePolicy.ScryptWorkMax
                ? new ScryptDerivation(Salt(parameters), cost, blockSize, parallelization)
                : throw Damaged($"n, r and p of scrypt are {work} together; allowed are {KeyStorePolicy.ScryptWorkMax}");
        }

        private Pbkdf2Derivation ReadPbkdf2(JsonElement parameters)
        {
            RequireMembers(parameters, "kdfparams", "c", "dklen", "prf", "salt");
            RequireDerivedSize(parameters);
            RequireText(parameters, "prf", Prf);
            var iterations = Number(parameters, "c");
            return iterations is >= 1 and <= KeyFile.IterationsMax
                ? new Pbkdf2Derivation(Salt(parameters), iterations)
                : throw Damaged($"it states {iterations} iterations; 1 to {KeyFile.IterationsMax} are allowed");
        }

        private byte[] Salt(JsonElement parameters)
        {
            var salt = Bytes(parameters, "salt", size: null);
            return salt.Length is > 0 and <= KeyStorePolicy.SaltBytesMax
                ? salt
                : throw Damaged($"its salt has {salt.Length} bytes; 1 to {KeyStorePolicy.SaltBytesMax} are allowed");
        }

        private void RequireDerivedSize(JsonElement parameters)
        {
            if (Number(parameters, "dklen") is var size && size != KeyStoreFields.DerivedSize)
            {
                throw Damaged($"its dklen is {size}; it is {KeyStoreFields.DerivedSize}");
            }
        }

        private void RequireMembers(JsonElement item, string what, params string[] names)
        {
            if (
                item.ValueKind != JsonValueKind.Object
                || !item.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal).SequenceEqual(names)
            )
            {
                throw Damaged($"'{what}' has other members than {string.Join(", ", names)}");
            }
        }

        private void RequireText(JsonElement item, string name, string expected)
        {
            if (Text(item, name) != expected)
            {
                throw Damaged($"its {name} is not '{expected}'");
            }
        }

        private int Number(JsonElement item, string name) =>
            Member(item, name) is { ValueKind: JsonValueKind.Number } member && member.TryGetInt32(out var number)
                ? number
                : throw Damaged($"'{name}' is no whole number of 32 bits");

        private string Text(JsonElement item, string name) =>
            Member(item, name) is { ValueKind: JsonValueKind.String } member ? member.GetString()! : throw Damaged($"'{name}' is no text");

        private JsonElement Member(JsonElement item, string name) =>
            item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var member)
                ? member
                : throw Damaged($"it lacks '{name}'");

        /// <param name="size">Null: any.</param>
        private byte[] Bytes(JsonElement item, string name, int? size)
        {
            try
            {
                var bytes = Convert.FromHexString(Text(item, name));
                return bytes.Length == (size ?? bytes.Length) ? bytes : throw Damaged($"'{name}' has {bytes.Length} bytes; it has {size}");
            }
            catch (FormatException failure)
            {
                throw KeyFileException.Damaged(path, $"'{name}' is not of hexadecimal digits", failure);
            }
        }

        /// <summary>Most wallets leave the 0x away.</summary>
        private EvmAddress Address(string text) =>
            EvmAddress.TryParse(text, out var address) || EvmAddress.TryParse("0x" + text, out address)
                ? address
                : throw Damaged("its address is none");

        private KeyFileException Damaged(string seen) => KeyFileException.Damaged(path, seen);
    }
}
