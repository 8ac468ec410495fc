using System.Text;

namespace Marketplace.Crypto;

/// <summary>What the owner of an account's key signs to get an API key. Client and market make the same bytes of it.</summary>
/// <param name="Market">The market's public key: the signature is worth nothing at another market.</param>
/// <param name="Account">The account, whose key signs.</param>
/// <param name="Challenge">From this market, for this account; see <see cref="MarketIdentity.NewChallenge"/>.</param>
/// <param name="Name">The API key's name.</param>
/// <param name="Scopes">What it allows, as the number of the scopes' bits.</param>
/// <param name="SpendLimit">What it may spend in all; null: no limit.</param>
/// <param name="RevokeOthers">All other API keys of the account end.</param>
public sealed record AccountOpening(
    Bytes32 Market,
    AccountId Account,
    ReadOnlyMemory<byte> Challenge,
    string Name,
    int Scopes,
    TokenAmount? SpendLimit,
    bool RevokeOthers
)
{
    /// <summary>Of the signed message; a later form of it gets another version.</summary>
    public const string Domain = "marketplace 2026 open account v1";

    /// <summary>Whether the account's key has signed this.</summary>
    public bool IsSignedBy(ReadOnlySpan<byte> signature) =>
        signature.Length == Ed25519.SignatureSize && Ed25519.Verify(Account.Value, Message(), signature);

    /// <summary>
    /// <see cref="SignedMessage"/> of: market (32 bytes), account (32), challenge, name (UTF-8), scopes and spend limit (decimal digits;
    /// empty where there is no limit), and <c>1</c> or <c>0</c>: whether other keys end.
    /// </summary>
    public byte[] Message() =>
        SignedMessage.Of(
            Domain,
            Market.ToArray(),
            Account.Value.ToArray(),
            Challenge,
            Encoding.UTF8.GetBytes(Name),
            Encoding.ASCII.GetBytes(Scopes.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Encoding.ASCII.GetBytes(SpendLimit?.ToString() ?? ""),
            RevokeOthers ? "1"u8.ToArray() : "0"u8.ToArray()
        );
}
