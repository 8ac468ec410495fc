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
        return OpeningOf(market, account, proof).IsSignedBy(proof.Signature.AsSpan()) ? at : throw AccountRefusals.WrongSignature(account);
    }

    private static AccountOpening OpeningOf(MarketIdentity market, AccountId account, OwnerProof proof) =>
        new(
            Market: market.PublicKey,
            Account: account,
            Challenge: proof.Challenge.AsMemory(),
            Name: proof.Request.Name,
            Scopes: (int)proof.Request.Scopes,
            SpendLimit: proof.Request.SpendLimit,
            RevokeOthers: proof.RevokeOthers
        );
}
