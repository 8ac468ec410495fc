using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Crypto;

namespace Marketplace.Worker.Protocol;

/// <summary>
/// What a handshake has said, as one hash that both ends sign and derive their keys from. It names both keys, both nonces, both ephemeral
/// keys, the versions that were offered and the one that was chosen: a man in the middle who changes any of them breaks both signatures.
/// </summary>
internal static class LinkTranscript
{
    /// <summary>A point of P-256 that is not compressed: 4, X, Y.</summary>
    public const int PointSize = 65;
    private const int CoordinateSize = 32;
    private const byte NotCompressed = 4;

    private static readonly Blake3Domain Domain = new("marketplace 2026 worker link transcript v1");

    /// <exception cref="LinkEndedException"><see cref="LinkEnd.Malformed"/>.</exception>
    public static Bytes32 Hash(LinkHello hello, LinkChallenge challenge)
    {
        var text = new SignedText(512);
        text.Number((uint)hello.Versions.Count);
        foreach (var version in hello.Versions)
        {
            text.Number((uint)version);
        }
        text.Number((uint)challenge.Version);
        text.Id(hello.Worker.Value);
        text.Id(Key(hello.Nonce, "nonce"));
        text.Raw(Point(hello.Ephemeral));
        text.Byte(hello.Market is null ? (byte)0 : (byte)1);
        if (hello.Market is { } expected)
        {
            text.Id(Key(expected, "market"));
        }
        text.Id(Key(challenge.Market, "market"));
        text.Id(Key(challenge.Nonce, "nonce"));
        text.Raw(Point(challenge.Ephemeral));
        return Domain.Hash(text.Bytes);
    }

    public static byte[] MarketMessage(Bytes32 transcript) => Message("marketplace 2026 worker link market v1", transcript);

    public static byte[] WorkerMessage(Bytes32 transcript) => Message("marketplace 2026 worker link worker v1", transcript);

    /// <summary>
    /// The keys of the frames: HKDF with SHA-256 (RFC 5869) over the secret of both ephemeral keys, the transcript as salt.
    /// </summary>
    public static LinkKeys Keys(ECDiffieHellman own, string other, Bytes32 transcript)
    {
        byte[] secret;
        try
        {
            using var peer = ECDiffieHellman.Create(Parameters(Point(other)));
            using var key = peer.PublicKey;
            secret = own.DeriveRawSecretAgreement(key);
        }
        catch (CryptographicException wrong)
        {
            throw Malformed("The ephemeral key is not a point of P-256.", wrong);
        }
        var salt = transcript.ToArray();
        var keys = new LinkKeys(
            HKDF.DeriveKey(
                HashAlgorithmName.SHA256,
                secret,
                LinkKeys.Size,
                salt,
                "marketplace 2026 worker link frames to market v1"u8.ToArray()
            ),
            HKDF.DeriveKey(
                HashAlgorithmName.SHA256,
                secret,
                LinkKeys.Size,
                salt,
                "marketplace 2026 worker link frames to worker v1"u8.ToArray()
            )
        );
        CryptographicOperations.ZeroMemory(secret);
        return keys;
    }

    public static string PointOf(ECDiffieHellman key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return Convert.ToHexStringLower([NotCompressed, .. point.X!, .. point.Y!]);
    }

    /// <exception cref="LinkEndedException"><see cref="LinkEnd.Malformed"/>.</exception>
    public static Bytes32 Key(string text, string name) =>
        Bytes32.TryParse(text, out var key) ? key : throw Malformed($"'{name}' is not 64 hexadecimal digits.");

    /// <exception cref="LinkEndedException"><see cref="LinkEnd.Malformed"/>.</exception>
    public static byte[] Signature(string text) =>
        WorkerSignatures.TrySignature(text, out var signature)
            ? signature
            : throw Malformed($"'signature' is not {2 * Ed25519.SignatureSize} hexadecimal digits.");

    private static byte[] Point(string text)
    {
        var point = new byte[PointSize];
        return
            text.Length == 2 * PointSize
            && Convert.FromHexString(text, point, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == PointSize
            && point[0] == NotCompressed
            ? point
            : throw Malformed($"'ephemeral' is not {2 * PointSize} hexadecimal digits that begin with 04.");
    }

    private static ECParameters Parameters(byte[] point) =>
        new()
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = point[1..(1 + CoordinateSize)], Y = point[(1 + CoordinateSize)..] },
        };

    private static byte[] Message(string domain, Bytes32 transcript)
    {
        var text = SignedText.Of(domain);
        text.Id(transcript);
        return text.Bytes.ToArray();
    }

    private static LinkEndedException Malformed(string message, Exception? cause = null) => new(LinkEnd.Malformed, message, cause);
}

/// <summary>The keys that seal the frames of one connection, one for each direction.</summary>
public sealed record LinkKeys(byte[] ToMarket, byte[] ToWorker)
{
    /// <summary>A key of HMAC-SHA256.</summary>
    public const int Size = 32;
}
