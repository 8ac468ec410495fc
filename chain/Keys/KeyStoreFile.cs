using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>
/// A key in the file that wallets of Ethereum write
/// (<see href="https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage/">Web3 Secret Storage, version
/// 3</see>): encrypted with AES-128 in counter mode under a key that scrypt or PBKDF2 makes of a passphrase. The file is for its owner only
/// (mode 0600). Passphrases are UTF-8 as they are given, without normalisation.
/// </summary>
public static class KeyStoreFile
{
    /// <summary>
    /// Makes a file in a folder that exists, with scrypt at the usual cost: most of a second, and 256 MiB. The file is whole and on the
    /// disk under its name when this returns.
    /// </summary>
    /// <exception cref="KeyFileException">There is such a file already; it is not touched. Or the file cannot be made, or the passphrase
    /// is empty, too long or no Unicode.</exception>
    public static void Create(string path, string passphrase, Secp256k1PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        path = Path.GetFullPath(path);
        var derivation = new ScryptDerivation(
            RandomNumberGenerator.GetBytes(KeyStorePolicy.SaltBytes),
            KeyStorePolicy.ScryptCost,
            KeyStorePolicy.ScryptBlockSize,
            KeyStorePolicy.ScryptParallelization
        );
        var counter = RandomNumberGenerator.GetBytes(KeyStoreFields.CounterSize);
        Span<byte> derived = stackalloc byte[KeyStoreFields.DerivedSize],
            secret = stackalloc byte[Secp256k1PrivateKey.Size];
        try
        {
            Derive(derivation, path, passphrase, derived);
            key.CopyTo(secret);
            Encrypt(derived, counter, secret);
            var fields = new KeyStoreFields
            {
                Derivation = derivation,
                Counter = counter,
                Ciphertext = secret.ToArray(),
                Mac = Mac(derived, secret),
                Address = EvmAddresses.Of(key.PublicKey),
            };
            SecretFile.Create(path, KeyStoreJson.Write(fields, Guid.NewGuid()));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The key of a file that is there, whichever program wrote it.</summary>
    /// <exception cref="KeyFileException">Its kind and its message say what is wrong, and what to do.</exception>
    public static Secp256k1PrivateKey Open(string path, string passphrase)
    {
        path = Path.GetFullPath(path);
        var fields = KeyStoreJson.Read(path, SecretFile.Read(path));
        Span<byte> derived = stackalloc byte[KeyStoreFields.DerivedSize],
            secret = stackalloc byte[Secp256k1PrivateKey.Size];
        try
        {
            Derive(fields.Derivation, path, passphrase, derived);
            if (!CryptographicOperations.FixedTimeEquals(Mac(derived, fields.Ciphertext), fields.Mac))
            {
                throw KeyFileException.NotOpened(path);
            }
            fields.Ciphertext.CopyTo(secret);
            Encrypt(derived, fields.Counter, secret);
            return Key(path, secret, fields.Address);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The passphrase that a file holds as its one line; a line break at its end does not count.</summary>
    /// <exception cref="IOException">The file cannot be read, or holds more; the message names it.</exception>
    public static string ReadPassphrase(string path)
    {
        path = Path.GetFullPath(path);
        using var file = File.OpenRead(path);
        var bytes = new byte[KeyStorePolicy.PassphraseFileBytesMax + 1];
        try
        {
            var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return count < bytes.Length
                ? Encoding.UTF8.GetString(bytes, 0, count).TrimEnd('\r', '\n')
                : throw new IOException($"{path} has more than {bytes.Length - 1} bytes, and it is to hold a passphrase.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static void Derive(KeyStoreDerivation derivation, string path, string passphrase, Span<byte> derived)
    {
        var bytes = SecretFile.Encode(path, passphrase);
        try
        {
            derivation.Derive(bytes, derived);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static Secp256k1PrivateKey Key(string path, ReadOnlySpan<byte> secret, EvmAddress? address)
    {
        if (!Secp256k1PrivateKey.IsPrivateKey(secret))
        {
            throw KeyFileException.Damaged(path, "its secret is no private key of secp256k1");
        }
        var key = new Secp256k1PrivateKey(secret);
        if (address is null || address == EvmAddresses.Of(key.PublicKey))
        {
            return key;
        }
        key.Dispose();
        throw KeyFileException.Damaged(path, "its address is not that of its key");
    }

    /// <summary>Of the second half of the derived key and what is encrypted, as they stand in the file.</summary>
    private static byte[] Mac(ReadOnlySpan<byte> derived, ReadOnlySpan<byte> ciphertext)
    {
        Span<byte> bytes = stackalloc byte[(KeyStoreFields.DerivedSize / 2) + Secp256k1PrivateKey.Size];
        derived[(KeyStoreFields.DerivedSize / 2)..].CopyTo(bytes);
        ciphertext.CopyTo(bytes[(KeyStoreFields.DerivedSize / 2)..]);
        var mac = Keccak256.Hash(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return mac;
    }

    /// <summary>AES-128 in counter mode under the first half of the derived key, which encrypts and decrypts alike
    /// (<see href="https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38a.pdf">NIST SP 800-38A, 6.5</see>).</summary>
    private static void Encrypt(ReadOnlySpan<byte> derived, ReadOnlySpan<byte> counter, Span<byte> secret)
    {
        Span<byte> stream = stackalloc byte[Secp256k1PrivateKey.Size];
        var block = BinaryPrimitives.ReadUInt128BigEndian(counter);
        for (var at = 0; at < stream.Length; at += KeyStoreFields.CounterSize)
        {
            BinaryPrimitives.WriteUInt128BigEndian(stream[at..], block++);
        }
        using var aes = Aes.Create();
        aes.SetKey(derived[..(KeyStoreFields.DerivedSize / 2)]);
        aes.EncryptEcb(stream, stream, PaddingMode.None);
        for (var at = 0; at < secret.Length; at++)
        {
            secret[at] ^= stream[at];
        }
        CryptographicOperations.ZeroMemory(stream);
    }
}
