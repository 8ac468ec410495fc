using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Whether the owner of an account's key pair has signed what is asked for. Pure.</summary>
internal static class OwnerProofs
{
    /// <returns>The moment of the challenge.</returns>
    /// <exception cref="MarketException">The scope admin is asked for; the challenge is not good here and now; the signature is not the
    /// owner's, or of other words.</exception>
    public static DateTimeOffset Require(MarketIdentity market, AccountId account, OwnerProof proof, DateTimeOffset now)
    {
        var request = proof.Request;
        if ((request.Scopes & Scopes.Admin) != Scopes.None)
        {
            throw new MarketException(ErrorCode.Forbidden, "The scope admin is the operator's. Ask for read, submit, deploy and transfer.");
        }
        if (market.MomentOf(account, proof.Challenge.AsSpan()) is not { } at)
        {
            throw AccountRefusals.NotOurChallenge();
        }
        if (at < now - MarketLimits.ChallengeAge || at > now + AccountPolicy.ChallengeEarlyMax)
        {
            throw AccountRefusals.ChallengeOutOfTime(at, now);
        }
        var opening = new AccountOpening(
            Market: market.PublicKey,
            Account: account,
            Challenge: proof.Challenge.AsMemory(),
            Name: request.Name,
            Scopes: (int)request.Scopes,
            SpendLimit: request.SpendLimit,
            RevokeOthers: proof.RevokeOthers
        );
        var signature = proof.Signature.AsSpan();
        return signature.Length == Ed25519.SignatureSize && Ed25519.Verify(account.Value, opening.Message(), signature)
            ? at
            : throw AccountRefusals.WrongSignature(account);
    }
}
