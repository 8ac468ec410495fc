namespace Marketplace.Grains;

/// <summary>What an offer lacks for a job, the first of these that holds.</summary>
internal enum OfferLack
{
    Label,
    Memory,
    Reputation,
    Stake,
    RefusedByJob,
    RefusesAccount,
    BuyerReputation,
    FailedBefore,
    Newcomer,
    Group,
    Seat,
    Member,
    Maintenance,
    Excluded,
    Price,
    Slot,
    Nothing,
}

/// <summary>The offers that a waiting job was compared with, and what it would take for one to fit.</summary>
internal sealed class OfferSurvey(MarketJob job)
{
    private readonly Dictionary<OfferLack, int> _lacks = [];
    private readonly Dictionary<string, int> _labels = [];
    private int _count;
    private int _memoryPagesMost;
    private int _scoreMost;
    private TokenAmount _stakeMost;
    private int _buyerReputationLeast = int.MaxValue;

    /// <summary>Takes one more in, the cheapest first.</summary>
    /// <returns>Whether another one may be taken in.</returns>
    public bool Add(MarketOffer offer)
    {
        _count++;
        var lack = MarketVerdicts.LackOf(job, offer);
        Cheapest ??= lack is OfferLack.Price or OfferLack.Slot or OfferLack.Nothing ? offer : null;
        _lacks[lack] = _lacks.GetValueOrDefault(lack) + 1;
        switch (lack)
        {
            case OfferLack.Label:
                var label = MarketVerdicts.MissingLabel(job, offer)!;
                _labels[label] = _labels.GetValueOrDefault(label) + 1;
                break;
            case OfferLack.Memory:
                _memoryPagesMost = Math.Max(_memoryPagesMost, offer.Offer.MemoryPagesMax);
                break;
            case OfferLack.Reputation:
                _scoreMost = Math.Max(_scoreMost, offer.Standing.Score);
                break;
            case OfferLack.Stake:
                _stakeMost = offer.Standing.Stake > _stakeMost ? offer.Standing.Stake : _stakeMost;
                break;
            case OfferLack.BuyerReputation:
                _buyerReputationLeast = Math.Min(_buyerReputationLeast, offer.Offer.BuyerReputationMin);
                break;
            default:
                break;
        }
        return _count < MarketPolicy.SurveyedOffersMax;
    }

    /// <summary>The first that would take the job at its own price, with a free slot or without; null where none would.</summary>
    public MarketOffer? Cheapest { get; private set; }

    /// <summary>Offers that would take the job at their price and have no free slot.</summary>
    public int Busy => _lacks.GetValueOrDefault(OfferLack.Slot) + _lacks.GetValueOrDefault(OfferLack.Nothing);

    /// <summary>Why none fits, in words for the end of a sentence.</summary>
    public string WhyNone()
    {
        if (_labels is { Count: 1 } && _labels.First() is var (label, count) && count == _count)
        {
            return _count < MarketPolicy.SurveyedOffersMax
                ? $"no offer has the label {label}"
                : $"none of the {_count} cheapest offers has the label {label}";
        }
        var reasons = _labels
            .OrderByDescending(each => each.Value)
            .ThenBy(each => each.Key, StringComparer.Ordinal)
            .Select(each => $"{each.Value} without the label {each.Key}")
            .Concat(_lacks.OrderBy(each => each.Key).Select(each => Words(each.Key, each.Value)).OfType<string>());
        return $"of {_count} offers, {string.Join(", ", reasons)}";
    }

    private string? Words(OfferLack lack, int count) =>
        lack switch
        {
            OfferLack.Memory => $"{count} with less than {job.Ticket.Spec.MemoryPagesMax} memory pages ({_memoryPagesMost} at most)",
            OfferLack.Reputation => $"{count} with a reputation below {job.Class.Needs.ReputationMin} ({_scoreMost} at most)",
            OfferLack.Stake => $"{count} with less than {job.Class.Needs.StakeMin} at stake ({_stakeMost} at most)",
            OfferLack.RefusedByJob => $"{count} refused by the job",
            OfferLack.RefusesAccount => $"{count} that take no jobs of this account",
            OfferLack.BuyerReputation =>
                $"{count} that want a buyer of reputation {_buyerReputationLeast} or more (yours is {MarketVerdicts.ScoreOf(job)})",
            OfferLack.FailedBefore => $"{count} that failed on this job before",
            OfferLack.Newcomer => $"{count} without a good reputation, as a run of this job was lost before",
            OfferLack.Group => $"{count} that run another job of its group, or whose owner does",
            OfferLack.Member => $"{count} that are not in this epoch's committee of {job.Ticket.Spec.Assurance.Seats}",
            OfferLack.Seat => $"{count} that have another seat of the job, or whose owner has",
            OfferLack.Maintenance => $"{count} in maintenance",
            OfferLack.Excluded => $"{count} excluded",
            _ => null,
        };
}
