using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What an offer may say. Pure; the messages are for the worker's owner.</summary>
internal static class OfferRules
{
    /// <returns>Null where the offer is within every limit.</returns>
    public static MarketException? Refusal(WorkerOffer offer)
    {
        if (offer.Slots is < 1 or > MarketPolicy.WorkerSlotsMax || offer.MemoryPagesMax is < 1 or > MarketLimits.MemoryPagesMax)
        {
            return Refused(
                $"The offer has {offer.Slots} slots and {offer.MemoryPagesMax} memory pages; allowed are 1 to "
                    + $"{MarketPolicy.WorkerSlotsMax} and 1 to "
                    + $"{MarketLimits.MemoryPagesMax}."
            );
        }
        if (offer.PricePerMillionFuel < FuelPrice.Least)
        {
            return Refused($"The offer asks {offer.PricePerMillionFuel} per million fuel; the least that is allowed is {FuelPrice.Least}.");
        }
        if (!offer.RefusedAccounts.IsDefaultOrEmpty && offer.RefusedAccounts.Length > WorkerLimits.RefusedAccountsMax)
        {
            return Refused(
                $"The offer refuses {offer.RefusedAccounts.Length} accounts; allowed are {WorkerLimits.RefusedAccountsMax}. Name fewer."
            );
        }
        if (offer.BuyerReputationMin is < 0 or > WorkerLimits.ReputationMax)
        {
            return Refused(
                $"The offer asks for buyers of a reputation of {offer.BuyerReputationMin} or more; allowed are 0 to "
                    + $"{WorkerLimits.ReputationMax}."
            );
        }
        if (offer.Committee is { } key && !CommitteeKeys.HasForm(key))
        {
            return Malformed(CommitteeKeys.WrongForm(key));
        }
        return offer.Labels.IsDefaultOrEmpty ? null : LabelsRefusal(offer);
    }

    private static MarketException? LabelsRefusal(WorkerOffer offer)
    {
        if (offer.Labels.Length > WorkerLimits.LabelsMax)
        {
            return Refused($"The offer has {offer.Labels.Length} labels; allowed are {WorkerLimits.LabelsMax}. Give fewer.");
        }
        if (offer.Labels.FirstOrDefault(label => !WorkerLabels.IsLabel(label)) is { } wrong)
        {
            return Malformed(
                $"'{JobPolicy.Cut(wrong, JobPolicy.NoteCharsMax)}' is no label: {WorkerLabels.Form}, at most "
                    + $"{WorkerLimits.LabelKeyCharsMax} and {WorkerLimits.LabelValueCharsMax} characters."
            );
        }
        return offer.Labels.Select(WorkerLabels.KeyOf).Distinct().Count() == offer.Labels.Length
            ? null
            : Malformed("Two labels of the offer have the same key. Give each key once.");
    }

    private static MarketException Malformed(string message) => new(ErrorCode.MalformedRequest, message);

    private static MarketException Refused(string message) => new(ErrorCode.LimitExceeded, message);
}
