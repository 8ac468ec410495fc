using Marketplace.Chain;
using Marketplace.Crypto;

namespace Marketplace.Verify.Settlements;

/// <summary>An account of the market with the address that stands for it on the chain.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Account">Its key in the market.</param>
/// <param name="Owner">Its key on the chain.</param>
internal sealed record SettlingParty(string Name, Ed25519KeyPair Account, Secp256k1PrivateKey Owner)
{
    public AccountId Id => new(Account.PublicKey);

    public EvmAddress Address { get; } = EvmAddresses.Of(Owner.PublicKey);
}
