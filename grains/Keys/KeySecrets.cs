using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Grains;

/// <summary>What is kept of a key's secret. The secret has 256 bits of chance, so one pass of a fast hash is enough.</summary>
internal static class KeySecrets
{
    private static readonly Blake3Domain Domain = new("marketplace 2026 api key secret v1");

    public static Bytes32 Hash(string secret) => Domain.Hash(Encoding.UTF8.GetBytes(secret));
}
