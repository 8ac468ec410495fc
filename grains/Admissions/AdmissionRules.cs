using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Who gets a place among the requests, and what a decision may say. Pure; the messages are for worker and operator.</summary>
internal static class AdmissionRules
{
    /// <returns>Null where the request says nothing new: it is the one of this minute.</returns>
    /// <exception cref="MarketException">There is no place for it, or the offer breaks a rule.</exception>
    public static AdmissionRequests? With(AdmissionRequests state, AdmissionRequest request, DateTimeOffset now)
    {
        RequireForm(request);
        var offer = request.Offer;
        if (state.Find(offer.Worker) is not { } known)
        {
            return new AdmissionRequests(WithRoom(state, request.Address, now).Waiting.Add(FactsOf(request, now, now, times: 1)));
        }
        return now - known.LastAt < AdmissionPolicy.AskingPeriod
            ? null
            : new AdmissionRequests(state.Waiting.Replace(known, FactsOf(request, known.FirstAt, now, known.Times + 1)));
    }

    public static void RequireForm(AdmissionOrder order)
    {
        AccountRefusals.RequireRequestId(order.RequestId, MarketLimits.RequestIdBytesMax);
        var size = Encoding.UTF8.GetByteCount(order.Reason);
        if (size is 0 or > MarketLimits.AdmissionReasonBytesMax)
        {
            throw Refused($"The reason has {size} bytes; allowed are 1 to {MarketLimits.AdmissionReasonBytesMax}.");
        }
    }

    public static void RequireSame(AdmissionDecision known, AdmissionOrder order)
    {
        if (known.Order != order)
        {
            throw new MarketException(
                ErrorCode.RequestIdReused,
                $"The request id '{order.RequestId}' belongs to another decision on this worker, of {known.At:O}. Use another one."
            );
        }
    }

    /// <summary>Refusals make room for each other; what is let in stays until it is taken back.</summary>
    public static void RequireRoom(AdmissionDecisions state, WorkerId worker)
    {
        if (
            state.Workers.Length >= AdmissionPolicy.DecisionsMax
            && state.Find(worker) is null
            && state.Workers.All(decided => decided.Last.Order.Admitted)
        )
        {
            throw Refused(
                $"{state.Workers.Length} workers are let in one by one; allowed are {AdmissionPolicy.DecisionsMax}. Take one back, or name "
                    + "workers in the file known-workers."
            );
        }
    }

    private static AdmissionFacts FactsOf(AdmissionRequest request, DateTimeOffset firstAt, DateTimeOffset now, long times)
    {
        var offer = request.Offer;
        var labels = offer.Labels.IsDefault ? [] : offer.Labels;
        return new AdmissionFacts(
            Worker: offer.Worker,
            PayTo: offer.PayTo,
            PricePerMillionFuel: offer.PricePerMillionFuel,
            Slots: offer.Slots,
            MemoryPagesMax: offer.MemoryPagesMax,
            Region: labels.FirstOrDefault(label => label.StartsWith(AdmissionPolicy.RegionLabel, StringComparison.Ordinal)) is { } region
                ? region[AdmissionPolicy.RegionLabel.Length..]
                : null,
            HasCommitteeKey: offer.Committee is not null,
            Address: request.Address,
            FirstAt: firstAt,
            LastAt: now,
            Times: times
        );
    }

    private static void RequireForm(AdmissionRequest request)
    {
        if (OfferRules.Refusal(request.Offer) is { } refusal)
        {
            throw refusal;
        }
        if (request.Address.Length > AdmissionPolicy.AddressCharsMax)
        {
            throw Refused($"The address has {request.Address.Length} characters; allowed are {AdmissionPolicy.AddressCharsMax}.");
        }
    }

    private static AdmissionRequests WithRoom(AdmissionRequests state, string address, DateTimeOffset now)
    {
        var own = state.Waiting.Where(facts => facts.Address == address).ToArray();
        var crowd =
            own.Length >= AdmissionPolicy.AddressRequestsMax ? own
            : state.Waiting.Length >= AdmissionPolicy.RequestsMax ? [.. state.Waiting]
            : [];
        if (crowd.Length == 0)
        {
            return state;
        }
        var silent = crowd.MinBy(facts => facts.LastAt)!;
        if (now - silent.LastAt >= AdmissionPolicy.SilenceMin)
        {
            return state.Without(silent.Worker);
        }
        if (crowd != own && NewestOfTheLargest(state, own.Length) is { } spare)
        {
            return state.Without(spare.Worker);
        }
        throw Refused(
            crowd == own
                ? $"{own.Length} requests from {address} wait for the operator of this market; allowed are "
                    + $"{AdmissionPolicy.AddressRequestsMax}."
                : $"{crowd.Length} requests wait for the operator of this market, as many as are kept."
        );
    }

    /// <summary>
    /// The newest request of the address that has most of them, where it has more than the newcomer's address would have then: so the
    /// places of those who fill the list go over to others until all have as many, and then no more.
    /// </summary>
    private static AdmissionFacts? NewestOfTheLargest(AdmissionRequests state, int newcomers)
    {
        var largest = state.Waiting.GroupBy(facts => facts.Address).MaxBy(address => address.Count())!;
        return largest.Count() > newcomers + 1 ? largest.Last() : null;
    }

    private static MarketException Refused(string message) => new(ErrorCode.LimitExceeded, message);
}
