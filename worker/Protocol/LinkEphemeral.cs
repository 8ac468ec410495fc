using System.Security.Cryptography;

namespace Marketplace.Worker.Protocol;

/// <summary>What one end of a handshake makes for it and uses never again: a nonce and a key pair of P-256.</summary>
public sealed class LinkEphemeral : IDisposable
{
    internal LinkEphemeral(Bytes32 nonce, ECDiffieHellman key) => (Nonce, Key) = (nonce, key);

    internal Bytes32 Nonce { get; }

    internal ECDiffieHellman Key { get; }

    public static LinkEphemeral Make(RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> nonce = stackalloc byte[Bytes32.Size];
        random.GetBytes(nonce);
        return new LinkEphemeral(new Bytes32(nonce), ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256));
    }

    public void Dispose() => Key.Dispose();
}
