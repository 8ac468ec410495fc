using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// Agreement on a shared secret over Curve25519 (<see href="https://www.rfc-editor.org/rfc/rfc7748">RFC 7748</see>). All values are 32
/// bytes; any 32 bytes are a secret key or a public key. The shared secret is not uniform: derive keys from it and from both public keys.
/// Takes a time that does not depend on the values, allocates nothing, may be called from any thread.
/// </summary>
public static class X25519
{
    public const int Size = 32;

    /// <summary>The u of the base point.</summary>
    private static ReadOnlySpan<byte> BasePoint =>
        [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Writes the public key of a secret key.</summary>
    /// <exception cref="ArgumentException">A length is not 32.</exception>
    public static void WritePublicKey(ReadOnlySpan<byte> secretKey, Span<byte> publicKey)
    {
        Check(secretKey, nameof(secretKey));
        Check(publicKey, nameof(publicKey));
        Multiply(secretKey, BasePoint, publicKey);
    }

    /// <summary>Writes the secret that only the holders of both secret keys can compute.</summary>
    /// <returns>
    /// False where the other side's key is of small order: the secret would be zero whatever our key is, so an attacker would know it
    /// (RFC 7748, 6.1). <paramref name="sharedSecret"/> is then zero and must not be used.
    /// </returns>
    /// <exception cref="ArgumentException">A length is not 32.</exception>
    public static bool TryAgree(ReadOnlySpan<byte> secretKey, ReadOnlySpan<byte> otherPublicKey, Span<byte> sharedSecret)
    {
        Check(secretKey, nameof(secretKey));
        Check(otherPublicKey, nameof(otherPublicKey));
        Check(sharedSecret, nameof(sharedSecret));
        Multiply(secretKey, otherPublicKey, sharedSecret);
        return !CryptographicOperations.FixedTimeEquals(sharedSecret, stackalloc byte[Size]);
    }

    /// <summary>The ladder of RFC 7748, 5, with the same steps for every bit.</summary>
    private static void Multiply(ReadOnlySpan<byte> secretKey, ReadOnlySpan<byte> u, Span<byte> result)
    {
        Span<byte> scalar = stackalloc byte[Size];
        secretKey.CopyTo(scalar);
        scalar[0] &= 0xf8;
        scalar[31] = (byte)((scalar[31] & 0x7f) | 0x40);
        var x1 = FieldElement.FromBytes(u);
        var two = (X: FieldElement.One, Z: default(FieldElement));
        var three = (X: x1, Z: FieldElement.One);
        var swap = 0UL;
        for (var bit = 254; bit >= 0; bit--)
        {
            var current = (ulong)(scalar[bit >> 3] >> (bit & 7)) & 1;
            swap ^= current;
            SwapIf(0 - swap, ref two.X, ref three.X);
            SwapIf(0 - swap, ref two.Z, ref three.Z);
            swap = current;
            Step(in x1, ref two, ref three);
        }
        SwapIf(0 - swap, ref two.X, ref three.X);
        SwapIf(0 - swap, ref two.Z, ref three.Z);
        FieldPowers.Invert(in two.Z, out var inverse);
        FieldElement.Multiply(in two.X, in inverse, out var quotient);
        quotient.ToBytes(result);

        CryptographicOperations.ZeroMemory(scalar);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<(FieldElement, FieldElement)>(ref two)));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<(FieldElement, FieldElement)>(ref three)));
    }

    /// <summary>Doubles the one and adds to the other; their difference stays the point itself, whose u is <paramref name="x1"/>.</summary>
    private static void Step(in FieldElement x1, ref (FieldElement X, FieldElement Z) two, ref (FieldElement X, FieldElement Z) three)
    {
        FieldElement.Add(in two.X, in two.Z, out var a);
        FieldElement.Subtract(in two.X, in two.Z, out var b);
        FieldElement.Add(in three.X, in three.Z, out var c);
        FieldElement.Subtract(in three.X, in three.Z, out var d);
        FieldElement.Square(in a, out var aa);
        FieldElement.Square(in b, out var bb);
        FieldElement.Subtract(in aa, in bb, out var e);
        FieldElement.Multiply(in d, in a, out var da);
        FieldElement.Multiply(in c, in b, out var cb);

        FieldElement.Add(in da, in cb, out var sum);
        FieldElement.Square(in sum, out three.X);
        FieldElement.Subtract(in da, in cb, out var difference);
        FieldElement.Square(in difference, out three.Z);
        FieldElement.Multiply(in three.Z, in x1, out three.Z);

        FieldElement.Multiply(in aa, in bb, out two.X);
        FieldElement.Multiply(in e, new FieldElement(121665, 0, 0, 0, 0), out var scaled);
        FieldElement.Add(in aa, in scaled, out scaled);
        FieldElement.Multiply(in e, in scaled, out two.Z);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SwapIf(ulong mask, ref FieldElement left, ref FieldElement right)
    {
        const int limbs = 5;
        ref var one = ref Unsafe.As<FieldElement, ulong>(ref left);
        ref var other = ref Unsafe.As<FieldElement, ulong>(ref right);
        for (var i = 0; i < limbs; i++)
        {
            var swap = mask & (Unsafe.Add(ref one, i) ^ Unsafe.Add(ref other, i));
            Unsafe.Add(ref one, i) ^= swap;
            Unsafe.Add(ref other, i) ^= swap;
        }
    }

    private static void Check(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"An X25519 key or secret has {Size} bytes, got {bytes.Length}.", what);
        }
    }
}
