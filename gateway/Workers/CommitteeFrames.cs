using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Worker.Protocol;

namespace Marketplace.Gateway;

/// <summary>The form of what workers send of committees. Whether a signature holds is decided where it counts.</summary>
internal static class CommitteeFrames
{
    /// <exception cref="LinkEndedException">A part of the key has another length.</exception>
    public static void Check(CommitteeKey? key)
    {
        if (key is null)
        {
            return;
        }
        Require(key.Key.Length == BlsPublicKey.Size, "key", key.Key.Length, BlsPublicKey.Size);
        Require(key.Possession.Length == BlsSignature.Size, "proof of possession", key.Possession.Length, BlsSignature.Size);
        Require(key.Registration.Length == Ed25519.SignatureSize, "registration", key.Registration.Length, Ed25519.SignatureSize);
    }

    /// <exception cref="LinkEndedException">There are none or too many, or one says nothing, or both yes and no.</exception>
    public static void Check(CommitteeVotes? call)
    {
        if (call is null)
        {
            return;
        }
        var (votes, shares) = (call.Votes ?? [], call.Shares ?? []);
        var isEmpty = votes.Count + shares.Count == 0 && call.Settlement is null;
        if (isEmpty || votes.Count > WorkerLimits.WindowsMax || shares.Count > WorkerLimits.SharesMax)
        {
            throw Malformed(
                $"A call has {votes.Count} votes and {shares.Count} shares; allowed are up to {WorkerLimits.WindowsMax} votes and "
                    + $"{WorkerLimits.SharesMax} share, and one of them or a settlement's signature at least."
            );
        }
        if (call.Settlement is { } settlement)
        {
            Require(settlement.Signature.Length == BlsSignature.Size, "signature", settlement.Signature.Length, BlsSignature.Size);
        }
        foreach (var share in shares)
        {
            Require(share is not null && share.Share.Length == BlsSignature.Size, "share", share?.Share.Length ?? 0, BlsSignature.Size);
        }
        foreach (var vote in votes)
        {
            if (vote is null || vote.Signature is null == vote.Refused is null)
            {
                throw Malformed("A vote has neither a signature nor jobs that it refuses, or both.");
            }
            if (vote.Signature is { } signature)
            {
                Require(signature.Length == BlsSignature.Size, "signature", signature.Length, BlsSignature.Size);
            }
            if (vote.Refused is { Count: 0 or > WorkerLimits.WindowReceiptsMax } refused)
            {
                throw Malformed($"A vote refuses {refused.Count} receipts; allowed are 1 to {WorkerLimits.WindowReceiptsMax}.");
            }
        }
    }

    private static void Require(bool holds, string what, int seen, int expected)
    {
        if (!holds)
        {
            throw Malformed($"A {what} for committees has {seen} bytes; it takes {expected}.");
        }
    }

    private static LinkEndedException Malformed(string message) => new(LinkEnd.Malformed, message);
}
