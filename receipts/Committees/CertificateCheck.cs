using System.Diagnostics.CodeAnalysis;
using Marketplace.Crypto;
using static Marketplace.Receipts.ReceiptChecks;

namespace Marketplace.Receipts;

/// <summary>Checks the certificate of a committee, by RECEIPT.md. Cheap checks come first: pairings take milliseconds each.</summary>
internal static class CertificateCheck
{
    private const string Name = "certificate";

    /// <param name="file">With a run that was reported.</param>
    /// <param name="size">Members that the assurance takes.</param>
    public static ReceiptCheck Of(ReceiptFile file, int size)
    {
        if (file.Certificate is not { } certificate)
        {
            return Broken(Name, $"The run ended as {file.Receipt.Execution.Result.Outcome}, but no committee has signed that.");
        }
        var (members, epoch) = (certificate.Members, file.Receipt.Epoch);
        if (epoch == 0)
        {
            return Broken(Name, "Epoch 0 has no committee.");
        }
        if (WrongMembers(members, size) is { } wrong)
        {
            return Broken(Name, wrong);
        }
        if (!IsSigned(file.Domain.Market, BatchDigest.OfCommittee(file.Domain, epoch, members), certificate.MembersSignature))
        {
            return Broken(Name, $"The market has not signed that these are the committee's members in epoch {epoch}.");
        }
        var total = CommitteeMember.WeightOf(members);
        var seated = members.Where(member => file.Receipt.Seats.Any(seat => seat.Worker == member.Worker)).ToArray();
        if (seated.Length < file.Receipt.Seats.Count || !CommitteeMember.IsEnough(CommitteeMember.WeightOf(seated), total))
        {
            return Broken(Name, "The seats are not those of members with over two thirds of the committee's weight.");
        }
        var signing = members.Where((_, index) => (certificate.Signers >> index & 1) != 0).ToArray();
        var weight = CommitteeMember.WeightOf(signing);
        if (certificate.Signers >> members.Count != 0 || !CommitteeMember.IsEnough(weight, total))
        {
            return Broken(Name, $"The signers, {certificate.Signers} as a bitmap, are not members with over two thirds of the weight.");
        }
        if (!PathStep.TryRead(certificate.Path, out var path))
        {
            return Broken(Name, "A step of the path to the root that the committee signs has not one of 'left' and 'right'.");
        }
        if (members.FirstOrDefault(member => !member.IsRegistered(file.Domain)) is { } unregistered)
        {
            return Broken(Name, $"Worker {unregistered.Worker} has not signed that the key beside it is its own.");
        }
        if (!TryProve(members, out var keys, out var unproven))
        {
            return Broken(Name, $"Member {unproven} has not proved that it has the secret of its key.");
        }
        var root = MerkleBatch.RootOf(file.Receipt.Hash(), path);
        var digest = BatchDigest.OfCommitteeReceipts(file.Domain, epoch, members, root);
        ProvenBlsPublicKey[] signers = [.. keys.Where((_, index) => (certificate.Signers >> index & 1) != 0)];
        return
            BlsSignature.TryRead(Convert.FromHexString(certificate.Signature), out var signature)
            && Bls.FastAggregateVerify(signers, digest.ToArray(), signature)
            ? Holds(Name, $"{signing.Length} of {members.Count} members, with {weight} of the weight {total}, have signed the receipt.")
            : Broken(Name, "The committee has not signed this receipt.");
    }

    private static string? WrongMembers(IReadOnlyList<CommitteeMember> members, int size)
    {
        if (members.Count != size)
        {
            return $"The committee has {members.Count} members; the assurance takes {size}.";
        }
        var isEachOnce =
            members.Select(member => member.Worker).Distinct().Count() == size
            && members.Select(member => member.BlsKey).Distinct(StringComparer.Ordinal).Count() == size;
        return isEachOnce && members.All(member => !member.Weight.IsZero)
            ? null
            : "A worker or a key is in the committee twice, or a member has no weight.";
    }

    private static bool TryProve(
        IReadOnlyList<CommitteeMember> members,
        [NotNullWhen(true)] out ProvenBlsPublicKey[]? proven,
        [NotNullWhen(false)] out WorkerId? unproven
    )
    {
        (proven, unproven) = (null, null);
        var keys = new ProvenBlsPublicKey[members.Count];
        for (var index = 0; index < keys.Length; index++)
        {
            if (!members[index].TryProve(out keys[index]!))
            {
                unproven = members[index].Worker;
                return false;
            }
        }
        proven = keys;
        return true;
    }
}
