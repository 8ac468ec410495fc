using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Makes API keys.</summary>
internal static class NewKeys
{
    /// <summary>An id and a secret that none had before.</summary>
    public static (string Id, byte[] Secret) NewKey(this ISecretSource secrets)
    {
        Span<byte> id = stackalloc byte[ApiKey.IdBytes];
        var secret = new byte[Bytes32.Size];
        secrets.Fill(id);
        secrets.Fill(secret);
        return (ApiKey.FormatId(id), secret);
    }
}
