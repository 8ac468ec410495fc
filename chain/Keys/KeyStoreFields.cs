using System.Security.Cryptography;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>What a key store holds; <see cref="KeyStoreFile"/> has the meaning.</summary>
internal sealed record KeyStoreFields
{
    /// <summary>Of the key that is derived: half of it encrypts, half of it is for the MAC.</summary>
    internal const int DerivedSize = 32;

    /// <summary>A block of AES.</summary>
    internal const int CounterSize = 16;

    public required KeyStoreDerivation Derivation { get; init; }

    /// <summary>The first block of the counter, <c>iv</c>.</summary>
    public required byte[] Counter { get; init; }

    public required byte[] Ciphertext { get; init; }

    public required byte[] Mac { get; init; }

    /// <summary>Null where the file does not say it.</summary>
    public required EvmAddress? Address { get; init; }
}

/// <summary>How the passphrase becomes a key. The parameters are within their limits.</summary>
internal abstract record KeyStoreDerivation(byte[] Salt)
{
    public abstract void Derive(ReadOnlySpan<byte> passphrase, Span<byte> key);
}

/// <summary><c>scrypt</c>.</summary>
internal sealed record ScryptDerivation(byte[] Salt, int Cost, int BlockSize, int Parallelization) : KeyStoreDerivation(Salt)
{
    public override void Derive(ReadOnlySpan<byte> passphrase, Span<byte> key) =>
        Scrypt.DeriveKey(passphrase, Salt, Cost, BlockSize, Parallelization, key);
}

/// <summary><c>pbkdf2</c> with HMAC-SHA256.</summary>
internal sealed record Pbkdf2Derivation(byte[] Salt, int Iterations) : KeyStoreDerivation(Salt)
{
    public override void Derive(ReadOnlySpan<byte> passphrase, Span<byte> key) =>
        Rfc2898DeriveBytes.Pbkdf2(passphrase, Salt, key, Iterations, HashAlgorithmName.SHA256);
}
