using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Marketplace.Crypto;

/// <summary>
/// The constants of BLAKE3, and the key words in the shape that the compression functions read.
/// Section numbers refer to <see href="https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf">the paper</see>.
/// </summary>
internal static class Blake3Words
{
    public const int BlockSize = 64;
    public const int ChunkSize = 1024;

    /// <summary>Table 3: the domain flags, the last word of a compression's input.</summary>
    public const uint ChunkStart = 1,
        ChunkEnd = 2,
        Parent = 4,
        Root = 8,
        KeyedHash = 16,
        DeriveKeyContext = 32,
        DeriveKeyMaterial = 64;

    /// <summary>Table 1: the initial values, those of SHA-256.</summary>
    public const uint Iv0 = 0x6A09E667,
        Iv1 = 0xBB67AE85,
        Iv2 = 0x3C6EF372,
        Iv3 = 0xA54FF53A;
    private const uint Iv4 = 0x510E527F,
        Iv5 = 0x9B05688C,
        Iv6 = 0x1F83D9AB,
        Iv7 = 0x5BE0CD19;

    public const int Rounds = 7;

    /// <summary>Table 2 applied 0 to 6 times: which message word each half step of each round takes, sixteen a round.</summary>
    public static ReadOnlySpan<byte> Schedule =>
        [
            0,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            9,
            10,
            11,
            12,
            13,
            14,
            15,
            2,
            6,
            3,
            10,
            7,
            0,
            4,
            13,
            1,
            11,
            12,
            5,
            9,
            14,
            15,
            8,
            3,
            4,
            10,
            12,
            13,
            2,
            7,
            14,
            6,
            5,
            9,
            0,
            11,
            15,
            8,
            1,
            10,
            7,
            12,
            9,
            14,
            3,
            13,
            15,
            4,
            0,
            11,
            2,
            5,
            8,
            1,
            6,
            12,
            13,
            9,
            11,
            15,
            10,
            14,
            8,
            7,
            2,
            5,
            3,
            0,
            1,
            6,
            4,
            9,
            14,
            11,
            5,
            8,
            12,
            15,
            1,
            13,
            3,
            0,
            10,
            2,
            6,
            4,
            7,
            11,
            15,
            5,
            0,
            1,
            9,
            8,
            6,
            14,
            10,
            2,
            12,
            3,
            4,
            7,
            13,
        ];

    /// <summary>The key words of the plain hash.</summary>
    public static ChainingValue Iv
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128.Create(Iv0, Iv1, Iv2, Iv3), Vector128.Create(Iv4, Iv5, Iv6, Iv7));
    }
}
