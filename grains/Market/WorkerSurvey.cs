using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Why a worker gets no work: the mirror of <see cref="OfferSurvey"/>. Its offer is compared with some of the waiting jobs; what concerns
/// all jobs is known without a look at them.
/// </summary>
internal sealed class WorkerSurvey(MarketOffer offer)
{
    private readonly Dictionary<OfferLack, int> _lacks = [];
    private readonly Dictionary<string, int> _labels = [];
    private int _memoryPagesLeast = int.MaxValue;
    private int _scoreLeast = int.MaxValue;
    private TokenAmount? _stakeLeast;
    private int _buyerScoreMost;
    private TokenAmount _priceMost;

    public static WorkerExplanation Explain(MarketOffer? offer, FairQueue queue)
    {
        var waiting = queue.WantedOf(UInt128.MaxValue).Count;
        if (offer is null)
        {
            return new WorkerExplanation(
                "The market has no offer of this worker: it is not connected, or was silent for too long.",
                waiting,
                0,
                []
            );
        }
        var sample = queue.Sample(MarketPolicy.SurveyedJobsMax, MarketPolicy.SurveyedAccountJobsMax);
        var survey = new WorkerSurvey(offer);
        foreach (var job in sample)
        {
            survey.Add(job);
        }
        return new WorkerExplanation(
            survey.Own() ?? survey.ByJobs(queue.WantedOf(offer.Classes), sample.Count),
            waiting,
            sample.Count,
            [.. survey.Obstacles().OrderByDescending(obstacle => obstacle.Jobs)]
        );
    }

    private void Add(MarketJob job)
    {
        var lack = MarketVerdicts.LackOf(job, offer);
        _lacks[lack] = _lacks.GetValueOrDefault(lack) + 1;
        switch (lack)
        {
            case OfferLack.Label:
                var label = MarketVerdicts.MissingLabel(job, offer)!;
                _labels[label] = _labels.GetValueOrDefault(label) + 1;
                break;
            case OfferLack.Memory:
                _memoryPagesLeast = Math.Min(_memoryPagesLeast, job.Ticket.Spec.MemoryPagesMax);
                break;
            case OfferLack.Reputation:
                _scoreLeast = Math.Min(_scoreLeast, job.Class.Needs.ReputationMin);
                break;
            case OfferLack.Stake:
                _stakeLeast = TokenAmount.Min(_stakeLeast ?? job.Class.Needs.StakeMin, job.Class.Needs.StakeMin);
                break;
            case OfferLack.BuyerReputation:
                _buyerScoreMost = Math.Max(_buyerScoreMost, job.BuyerScore);
                break;
            case OfferLack.Price:
                _priceMost = job.PriceCap > _priceMost ? job.PriceCap : _priceMost;
                break;
            default:
                break;
        }
    }

    /// <summary>What keeps it from all jobs; null where nothing does.</summary>
    private string? Own()
    {
        var standing = offer.Standing;
        var slots = offer.Offer.Slots;
        return standing.InMaintenance ? "It is in maintenance, which its owner ends."
            : standing.Level == StandingLevel.Excluded
                ? $"It is excluded: its score is {standing.Score}, below {ReputationPolicy.ExclusionScore}."
            : standing.Level == StandingLevel.Probation && offer.SlotsUsed > 0
                ? $"It has its one lease of probation: its score is {standing.Score}, below {ReputationPolicy.ProbationScore}."
            : offer.SlotsUsed >= slots ? $"It has work: {(slots == 1 ? "its slot is" : $"all its {slots} slots are")} taken."
            : !offer.IsWaiting ? $"It does not ask for work at the moment; {offer.SlotsUsed} of its {slots} slots are taken."
            : null;
    }

    /// <param name="met">What the waiting jobs want whose labels, reputation and stake it meets.</param>
    /// <param name="count">Jobs that were looked at.</param>
    private string ByJobs(Wanted met, int count)
    {
        if (count == 0)
        {
            return "No job waits for a worker.";
        }
        if (met.Count == 0)
        {
            return $"It does not meet what the waiting jobs need: {Words(Obstacles())}.";
        }
        if (met.PriceCapMax < offer.Price)
        {
            return "It asks more than all waiting jobs pay whose needs it meets: "
                + $"the dearest pays {met.PriceCapMax} per million fuel; it asks {offer.Price}.";
        }
        return $"Of {count} waiting jobs that were looked at, {Words(Obstacles())}.";
    }

    private static string Words(IEnumerable<WorkerObstacle> obstacles) =>
        string.Join(", ", obstacles.OrderByDescending(obstacle => obstacle.Jobs).Select(obstacle => $"{obstacle.Jobs} {obstacle.Reason}"));

    private IEnumerable<WorkerObstacle> Obstacles() =>
        _labels
            .OrderBy(each => each.Key, StringComparer.Ordinal)
            .Select(each => new WorkerObstacle(each.Value, $"need the label {each.Key}"))
            .Concat(
                from lack in _lacks
                where lack.Key != OfferLack.Label
                orderby lack.Key
                select new WorkerObstacle(lack.Value, Words(lack.Key))
            );

    private string Words(OfferLack lack) =>
        lack switch
        {
            OfferLack.Memory => $"want more than its {offer.Offer.MemoryPagesMax} memory pages ({_memoryPagesLeast} at least)",
            OfferLack.Reputation => $"want a better reputation than its {offer.Standing.Score} ({_scoreLeast} at least)",
            OfferLack.Stake => $"want more than {offer.Standing.Stake} at stake ({_stakeLeast} at least)",
            OfferLack.FailedBefore => "are jobs that it failed on before, and go to others first",
            OfferLack.Newcomer => "were lost once, and go to workers with a reputation first",
            OfferLack.Group => "wait until it, or its owner, has run another job of their group",
            OfferLack.RefusedByJob => "refuse it or its owner",
            OfferLack.RefusesAccount => "are of accounts that it refuses",
            OfferLack.BuyerReputation =>
                $"are of buyers with a reputation below the {offer.Offer.BuyerReputationMin} that it asks for ({_buyerScoreMost} at most)",
            OfferLack.Maintenance => "would fit, but it is in maintenance",
            OfferLack.Excluded => "would fit, but it is excluded",
            OfferLack.Price => $"pay less than the {offer.Price} per million fuel that it asks ({_priceMost} at most)",
            OfferLack.Slot => "fit, and wait for a free slot of it",
            _ => "fit, and come to it next",
        };
}
