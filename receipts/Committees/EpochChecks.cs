using static Marketplace.Receipts.ReceiptChecks;

namespace Marketplace.Receipts;

/// <summary>Checks an epoch offline, by COMMITTEE.md.</summary>
public static class EpochChecks
{
    /// <param name="market">The market that the verifier trusts to list who staked; null: the check says which it is of.</param>
    /// <param name="receipt">Of a committee of this epoch, whose members are compared; null: none is.</param>
    /// <returns>Every check, in a fixed order. The epoch is good where none is <see cref="CheckResult.Broken"/>.</returns>
    public static IReadOnlyList<ReceiptCheck> Of(EpochFile file, MarketDomain? market = null, ReceiptFile? receipt = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        return [.. OneByOne(file, market, receipt)];
    }

    /// <summary>The checks, each made when it is asked for: pairings take time, and one broken check is enough.</summary>
    internal static IEnumerable<ReceiptCheck> OneByOne(EpochFile file, MarketDomain? market = null, ReceiptFile? receipt = null)
    {
        yield return OfMarket(file.Domain, market);
        yield return Listed(file);
        yield return Randomness(file);
        yield return Keys(file);
        yield return Shares(file);
        yield return Committee(file, receipt);
        yield return NotChecked("list", "That all who staked enough are on the list, and their stakes, is the market's word.");
    }

    private static ReceiptCheck Listed(EpochFile file) =>
        IsSigned(file.Domain.Market, EpochRandomness.OfEligible(file.Domain, file.Epoch, file.Members), file.MembersSignature)
            ? Holds("market's signature", $"The market has signed the list of {file.Members.Count} workers for epoch {file.Epoch}.")
            : Broken("market's signature", "The market has not signed this list for this epoch.");

    private static ReceiptCheck Keys(EpochFile file)
    {
        const string Name = "keys";
        foreach (var member in file.Members)
        {
            if (!member.IsRegistered(file.Domain))
            {
                return Broken(Name, $"Worker {member.Worker} has not signed that the key beside it is its own.");
            }
            if (!member.TryProve(out _))
            {
                return Broken(Name, $"Worker {member.Worker} has not proved that it has the secret of its key.");
            }
        }
        return Holds(Name, "Each worker has registered its key, and proved that it has its secret.");
    }

    private static ReceiptCheck Shares(EpochFile file)
    {
        const string Name = "shares";
        var digest = EpochRandomness.OfShare(file.Domain, file.Epoch, file.Members);
        var withheld = 0;
        for (var index = 0; index < file.Members.Count; index++)
        {
            if (file.Shares[index].Length == 0)
            {
                withheld++;
            }
            else if (!EpochRandomness.IsShare(file.Members[index], digest, file.Shares[index]))
            {
                return Broken(Name, $"The share of worker {file.Members[index].Worker} is not its signature of the list.");
            }
        }
        return Holds(Name, $"{file.Members.Count - withheld} shares are right; {withheld} of {file.Members.Count} workers gave none.");
    }

    private static ReceiptCheck Randomness(EpochFile file) =>
        IsSigned(file.Domain.Market, file.Randomness(), file.RandomnessSignature)
            ? Holds("randomness", $"The epoch's randomness is {file.Randomness()}; the market has signed it.")
            : Broken("randomness", $"The randomness is {file.Randomness()}, which the market has not signed.");

    private static ReceiptCheck Committee(EpochFile file, ReceiptFile? receipt)
    {
        const string Name = "committee";
        if (receipt is null)
        {
            return NotChecked(Name, "No receipt was given whose committee could be compared.");
        }
        if (receipt.Certificate is not { } certificate || receipt.Domain != file.Domain || receipt.Receipt.Epoch != file.Epoch)
        {
            return Broken(Name, "The receipt is not one of a committee of this market and epoch.");
        }
        if (ReceiptChecks.Of(receipt).FirstOrDefault(check => check.Result == CheckResult.Broken) is { } broken)
        {
            return Broken(Name, $"The receipt itself does not hold: {broken.Finding}");
        }
        return certificate.Members.SequenceEqual(file.Committee(certificate.Members.Count))
            ? Holds(Name, $"The receipt's {certificate.Members.Count} members are those that the epoch's randomness draws.")
            : Broken(Name, "The receipt's members are others than the epoch's randomness draws.");
    }
}
