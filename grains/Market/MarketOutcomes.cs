using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What reputations are told: how ended jobs went, for their workers and their buyers. Good outcomes are summed and sent once a minute, a
/// fault at once. A batch is repeated until it is counted; what is not sent when the process ends is lost, a minute of good outcomes at
/// most.
/// </summary>
/// <param name="market">The market's key.</param>
/// <param name="book">Where the answers go: what a worker's standing is now.</param>
/// <param name="clock">The market's clock.</param>
/// <param name="grains">Reaches the reputations.</param>
/// <param name="gossip">Hears of standings that change.</param>
/// <param name="act">Does what the book has decided.</param>
/// <param name="log">The market's log.</param>
internal sealed partial class MarketOutcomes(
    string market,
    MarketBook book,
    MarketClock clock,
    IGrainFactory grains,
    MarketGossip gossip,
    Action act,
    ILogger<MarketGrain> log
)
{
    private readonly Dictionary<Subject, Unsent> _subjects = [];
    private long _sequence;
    private int _reading;
    private TimeSpan _sentAt = clock.Now.Running;

    /// <summary>
    /// The job's end is written. Its failed runs count only if another run ended it: where all runs fail, the market, the job or the
    /// network may be at fault, and all workers would be blamed at once.
    /// </summary>
    /// <param name="job">The job, with the faults of its earlier runs.</param>
    /// <param name="end">The end that was asked for.</param>
    /// <param name="written">The end that counts.</param>
    public void Ended(MarketJob job, JobEnd end, JobSettlement written)
    {
        if (written.Status != end.Status || written.Worker != end.Worker)
        {
            return;
        }
        var buyer = Subject.Of(job.Ticket.Account);
        // The market's own ends blame no buyer: its store may be at fault.
        if (end is { Fault: JobFault.Input, Worker: not null })
        {
            Fault(buyer, FaultOf(job, end.PricePerMillionFuel, end.Reason ?? "its input could not be had"));
            return;
        }
        if (end is not { Fault: JobFault.None or JobFault.Program, Worker: { } worker, Payee: { } payee })
        {
            return;
        }
        foreach (var (failed, fault) in job.Faults)
        {
            Fault(Subject.Of(failed), fault);
        }
        if (end.Others.IsDefaultOrEmpty)
        {
            Keep(job, worker, payee, written.Charge);
            return;
        }
        foreach (var seat in end.Others.Append(new JobSeat(worker, payee, end.PricePerMillionFuel)))
        {
            Keep(job, seat.Worker, seat.Payee, JobPricing.ChargeOf(seat.PricePerMillionFuel, end, job.Ticket.Spec));
        }
    }

    private void Keep(MarketJob job, WorkerId worker, AccountId payee, TokenAmount charge)
    {
        if (!IsOwn(job, worker, payee))
        {
            UnsentOf(Subject.Of(worker)).Keep(charge);
            UnsentOf(Subject.Of(job.Ticket.Account)).Keep(charge);
        }
    }

    /// <summary>A run of the job failed by its worker's fault. It counts if another run ends the job.</summary>
    public void Note(MarketJob job, MarketOffer offer, string reason) => Note(job, offer.Offer, offer.Price, reason);

    /// <inheritdoc cref="Note(MarketJob, MarketOffer, string)"/>
    public void Note(MarketJob job, WorkerOffer offer, TokenAmount price, string reason)
    {
        if (job.Faults.Length < MarketPolicy.FaultsOfAJobMax && !IsOwn(job, offer.Worker, offer.PayTo))
        {
            job.Faults = job.Faults.Add(new NotedFault(offer.Worker, FaultOf(job, price, reason)));
        }
    }

    /// <summary>
    /// As <see cref="Note(MarketJob, MarketOffer, string)"/>, where a worker brings no result: a worker that is lost with many runs has
    /// failed once, so those that follow within <see cref="MarketPolicy.LossPeriod"/> do not count.
    /// </summary>
    public void NoteLoss(MarketJob job, MarketOffer offer, string reason)
    {
        var now = clock.Now.Running;
        if (offer.LossNotedAt is { } last && now < last + MarketPolicy.LossPeriod)
        {
            return;
        }
        offer.LossNotedAt = now;
        Note(job, offer, reason);
    }

    /// <summary>Sends what is due. Called with each round of maintenance.</summary>
    public void SendDue()
    {
        var now = clock.Now.Running;
        if (now < _sentAt + MarketPolicy.OutcomesPeriod)
        {
            return;
        }
        _sentAt = now;
        foreach (var offer in book.StandingsBefore(now - MarketPolicy.StandingPeriod, MarketPolicy.StandingsMax))
        {
            offer.StandingAt = now;
            _ = ReadAgain(offer.Offer.Worker);
        }
        book.Buyers.ReadAgain(now - MarketPolicy.StandingPeriod, MarketPolicy.StandingsMax, now);
        foreach (var (subject, unsent) in _subjects.ToArray())
        {
            _ = Send(subject, unsent);
        }
    }

    /// <summary>Asks for the reputations of buyers that the book wants to know, some at a time.</summary>
    public void ReadBuyers()
    {
        while (_reading < MarketPolicy.BuyersReadMax && book.Buyers.ToRead.TryDequeue(out var account))
        {
            _ = ReadBuyer(account);
        }
    }

    /// <summary>Who pays himself proves nothing.</summary>
    private static bool IsOwn(MarketJob job, WorkerId worker, AccountId payee) =>
        job.Ticket.Account == payee || job.Ticket.Account.Value == worker.Value;

    private Fault FaultOf(MarketJob job, TokenAmount price, string reason)
    {
        var spec = job.Ticket.Spec;
        return new Fault(
            job.Ticket.Job,
            clock.Now.Wall,
            FuelPrice.Cost((ulong)spec.FuelMax, price, spec.PriceMax),
            JobPolicy.Cut(reason, ReputationPolicy.ReasonCharsMax)!
        );
    }

    private Unsent UnsentOf(Subject subject)
    {
        if (!_subjects.TryGetValue(subject, out var unsent))
        {
            _subjects.Add(subject, unsent = new Unsent());
        }
        return unsent;
    }

    private void Fault(Subject subject, Fault fault)
    {
        var unsent = UnsentOf(subject);
        unsent.Fault(fault);
        _ = Send(subject, unsent);
    }

    private async Task ReadAgain(WorkerId worker)
    {
        try
        {
            var view = await grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker)).Get(caller: null);
            if (book.SetStanding(worker, view.Standing))
            {
                gossip.Standing(book, worker);
                act();
            }
        }
        catch (Exception failure)
        {
            LogStandingNotRead(failure, worker);
        }
    }

    private async Task ReadBuyer(AccountId account)
    {
        _reading++;
        try
        {
            var view = await grains.GetGrain<IReputationGrain>(ReputationKeys.OfBuyer(account)).Get(caller: null);
            book.Buyers.Set(account, view.Standing.Score);
        }
        catch (Exception failure)
        {
            // Meanwhile its jobs go to offers that do not ask.
            book.Buyers.Missed(account);
            LogBuyerNotRead(failure, account);
        }
        finally
        {
            _reading--;
        }
        act();
    }

    private async Task Send(Subject subject, Unsent unsent)
    {
        if (unsent.IsSending)
        {
            return;
        }
        unsent.IsSending = true;
        try
        {
            while (unsent.Batch(() => new(market, book.Start, ++_sequence, 0, TokenAmount.Zero, [])) is { } batch)
            {
                var standing = await LostWrites.Resend(() =>
                    grains.GetGrain<IReputationGrain>(subject.Key).Record(batch, Authority.Market)
                );
                unsent.Counted();
                if (subject.Worker is { } worker && book.SetStanding(worker, standing))
                {
                    gossip.Standing(book, worker);
                    act();
                }
                if (subject.Account is { } account && book.Buyers.Set(account, standing.Score))
                {
                    act();
                }
            }
            _subjects.Remove(subject);
        }
        catch (Exception failure)
        {
            // The batch stays, and is sent again with the next ones.
            LogOutcomesNotSent(failure, subject.Key);
        }
        finally
        {
            unsent.IsSending = false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reputation {Subject} did not take its outcomes; they are sent again")]
    private partial void LogOutcomesNotSent(Exception failure, string subject);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The standing of worker {Worker} could not be read; it is tried again")]
    private partial void LogStandingNotRead(Exception failure, WorkerId worker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reputation of the buyer {Account} could not be read; it is tried again")]
    private partial void LogBuyerNotRead(Exception failure, AccountId account);

    /// <summary>
    /// Whose reputation: a worker's or a buyer's. Each ended job has two, so the text of a key is made only where one is told.
    /// </summary>
    private readonly record struct Subject(WorkerId? Worker, AccountId? Account)
    {
        public string Key => Worker is { } worker ? ReputationKeys.OfWorker(worker) : ReputationKeys.OfBuyer(Account!.Value);

        public static Subject Of(WorkerId worker) => new(worker, null);

        public static Subject Of(AccountId buyer) => new(null, buyer);
    }

    /// <summary>What one subject's reputation was not told yet.</summary>
    private sealed class Unsent
    {
        private readonly List<Fault> _faults = [];
        private int _kept;
        private TokenAmount _keptPrice;
        private OutcomeBatch? _batch;

        public bool IsSending { get; set; }

        public void Keep(TokenAmount price)
        {
            _kept++;
            // A sum that is as large as this weighs no more than its bound anyway.
            _keptPrice = TokenAmount.Min(MarketLimits.CreditedMax, _keptPrice + TokenAmount.Min(price, MarketLimits.CreditedMax));
        }

        /// <summary>Beyond what a reputation keeps, the oldest go: they would push each other out there.</summary>
        public void Fault(Fault fault)
        {
            if (_faults.Count == MarketLimits.FaultsMax)
            {
                _faults.RemoveAt(0);
            }
            _faults.Add(fault);
        }

        /// <returns>What is to be sent: the batch that was not acknowledged, or a new one; null where there is nothing.</returns>
        public OutcomeBatch? Batch(Func<OutcomeBatch> begin)
        {
            if (_batch is null && (_kept > 0 || _faults.Count > 0))
            {
                _batch = begin() with { Kept = _kept, KeptPrice = _keptPrice, Faults = [.. _faults] };
                (_kept, _keptPrice) = (0, TokenAmount.Zero);
                _faults.Clear();
            }
            return _batch;
        }

        public void Counted() => _batch = null;
    }
}
