using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored part of a key: its account, its scopes and the hash of its secret.</summary>
internal sealed record KeyState(AccountId Account, Scopes Scopes, Bytes32 SecretHash, bool IsRevoked)
{
    /// <summary>The name of the state and the kind of its documents.</summary>
    public const string Kind = "key";

    private const byte Format = 1;

    /// <summary>
    /// A key that its account has listed and not registered yet. If it is revoked, it is a tombstone for the registration on its way.
    /// </summary>
    public static KeyState Unregistered { get; } = new(default, Scopes.None, default, IsRevoked: false);

    public static ReadOnlyMemory<byte> Write(KeyState key)
    {
        var writer = new CompactWriter(80);
        writer.Byte(Format);
        writer.Id(key.Account.Value);
        writer.Count((int)key.Scopes);
        writer.Id(key.SecretHash);
        writer.Flag(key.IsRevoked);
        return writer.Finish();
    }

    public static KeyState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A key");
        var key = new KeyState(new AccountId(reader.Id()), (Scopes)reader.Count(), reader.Id(), reader.Flag());
        reader.End();
        return key;
    }
}
