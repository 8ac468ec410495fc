using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Why a job went to an offer, and why one waits.</summary>
internal static class MarketExplanations
{
    /// <summary>Why the offer won, and why the cheapest others did not.</summary>
    public static JobExplanation OfMatch(MarketJob job, MarketOffer winner, OfferTree offers)
    {
        var verdicts = ImmutableArray.CreateBuilder<OfferVerdict>();
        verdicts.Add(MarketVerdicts.WonBy(job, winner));
        offers.Walk(offer =>
        {
            if (verdicts.Count == JobPolicy.ExplanationOffersMax)
            {
                return false;
            }
            if (offer != winner)
            {
                verdicts.Add(MarketVerdicts.LostBy(job, offer));
            }
            return true;
        });
        return new JobExplanation(MarketVerdicts.SummaryOfMatch(job), verdicts.ToImmutable());
    }

    /// <summary>Where an open job stands, and what each of the cheapest offers lacks.</summary>
    /// <param name="job">The job.</param>
    /// <param name="offers">All offers.</param>
    /// <param name="offerCount">How many they are.</param>
    /// <param name="before">Jobs before it and whether there may be more; -1 where it does not wait for an offer.</param>
    public static OpenJob Of(MarketJob job, OfferTree offers, int offerCount, (int Count, bool IsLeast) before)
    {
        var isReady = job.Phase == MarketPhase.Ready;
        OfferSurvey? survey = null;
        if (isReady)
        {
            survey = new OfferSurvey(job);
            offers.Walk(survey.Add);
        }
        var cheapest = survey?.Cheapest;
        var cheapestPrice = cheapest is null ? (TokenAmount?)null : MarketVerdicts.PriceOf(job, cheapest);
        var jobsBefore = before.IsLeast ? $"at least {before.Count}" : $"{before.Count}";
        var (status, summary) = MarketVerdicts.Summary(job, offerCount, cheapest, survey, jobsBefore);
        if (isReady && job.AuctionNote is { } note)
        {
            summary = $"{summary} {note}";
        }
        var verdicts = job.Offer is not null ? job.Explanation!.Offers : VerdictsOfCheapest(job, offers);
        return new OpenJob(status, job.History, before.Count + 1, new JobExplanation(summary, verdicts, cheapestPrice), before.IsLeast);
    }

    /// <summary>As the other, for a job that waits in another shard.</summary>
    public static ShardSurvey Of(WaitingJob waiting, OfferTree offers, int offerCount)
    {
        var job = new MarketJob(waiting.Job.Ticket, keepsAll: false)
        {
            Phase = MarketPhase.Ready,
            HandedBuyerScore = waiting.Job.BuyerScore,
            Class = new JobClass(JobClass.Plain.Index, ClassNeeds.Of(waiting.Job.Ticket.Spec.Needs)),
        };
        job.Restore(waiting.Job.Track);
        return new ShardSurvey(offerCount, Of(job, offers, offerCount, (waiting.Before, waiting.IsBeforeLeast)).Explanation);
    }

    private static ImmutableArray<OfferVerdict> VerdictsOfCheapest(MarketJob job, OfferTree offers)
    {
        var verdicts = ImmutableArray.CreateBuilder<OfferVerdict>();
        offers.Walk(offer =>
        {
            verdicts.Add(MarketVerdicts.LostBy(job, offer));
            return verdicts.Count < MarketPolicy.ExplainedOffersMax;
        });
        return verdicts.ToImmutable();
    }
}
