namespace Marketplace.Engine.Guests.Onvm;

/// <summary>
/// ECDSA over secp256k1 in the ONVM ABI: a digest has 32 bytes, a signature 65 (r, s and the recovery number), a public key 64 (x and y).
/// Shared codes: -2 a place leaves the guest's memory, -3 r or s is out of its range.
/// </summary>
internal static class OnvmSignatures
{
    private const int DigestSize = 32;
    private const int SignatureSize = 65;
    private const int PublicKeySize = 64;

    /// <summary>
    /// onvm_crypto_secp256k1_verify(digest, signature, public key): 0 it verifies, 1 it does not; -4 the key is no point.
    /// </summary>
    public static long Verify(GuestRun run, HostArguments arguments)
    {
        if (
            !TryRead(run, arguments, out var digest, out var signature)
            || !run.Memory.TryRead(arguments.U32(2), PublicKeySize, out var publicKey)
        )
        {
            return OnvmImports.BadPointer;
        }
        run.Charge(GuestPolicy.FuelPerSignature);
        var signatures = run.Invocation.Signatures!;
        if (!signatures.IsSignature(signature[..^1]))
        {
            return -3;
        }
        if (!signatures.IsPublicKey(publicKey))
        {
            return -4;
        }
        return signatures.Verify(digest, signature[..^1], publicKey) ? 0 : 1;
    }

    /// <summary>
    /// onvm_crypto_secp256k1_recover(digest, signature, public key out): 0. The recovery number counts modulo 4. -4 no key made the
    /// signature.
    /// </summary>
    public static long Recover(GuestRun run, HostArguments arguments)
    {
        if (
            !TryRead(run, arguments, out var digest, out var signature)
            || !run.Memory.TryWrite(arguments.U32(2), PublicKeySize, out var place)
        )
        {
            return OnvmImports.BadPointer;
        }
        run.Charge(GuestPolicy.FuelPerSignature);
        var signatures = run.Invocation.Signatures!;
        if (!signatures.IsSignature(signature[..^1]))
        {
            return -3;
        }

        // Apart from the place, which may lie over what was signed.
        Span<byte> publicKey = stackalloc byte[PublicKeySize];
        if (!signatures.TryRecover(digest, signature[..^1], signature[^1] % 4, publicKey))
        {
            return -4;
        }
        publicKey.CopyTo(place);
        return 0;
    }

    private static bool TryRead(GuestRun run, HostArguments arguments, out ReadOnlySpan<byte> digest, out ReadOnlySpan<byte> signature)
    {
        signature = default;
        return run.Memory.TryRead(arguments.U32(0), DigestSize, out digest)
            && run.Memory.TryRead(arguments.U32(1), SignatureSize, out signature);
    }
}
