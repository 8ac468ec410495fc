using System.Security.Cryptography;

namespace Marketplace.Grains;

/// <summary>The operating system's generator.</summary>
public sealed class SystemSecretSource : ISecretSource
{
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
