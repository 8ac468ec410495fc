using System.Threading.Channels;
using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// Duties on their way to votes, and votes on their way to the market: beside the polls, which a slow disk must not hold up. A vote is
/// repeated until the market has it, or has asked for so many others that it cannot wait for this one any more.
/// </summary>
internal sealed partial class VoteQueue
{
    private readonly CommitteeVoter _voter;
    private readonly IMarketLink _link;
    private readonly WorkerId _worker;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkerAgent> _log;
    private readonly SettlementDuty _settlements;
    private readonly Lock _lock = new();
    private readonly List<Duty> _duties = [];
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public VoteQueue(CommitteeVoter voter, IMarketLink link, WorkerId worker, TimeProvider time, ILogger<WorkerAgent> log)
    {
        (_voter, _link, _worker, _time, _log) = (voter, link, worker, time, log);
        _settlements = new SettlementDuty(voter, link, Add, log);
    }

    /// <summary>Takes what the market asks. One that is asked again while it is under way is answered once.</summary>
    public void Add(CommitteeDuties duties)
    {
        lock (_lock)
        {
            if (duties.Share is { } share && !_duties.Any(duty => duty.Share == share))
            {
                Add(new Duty(share, null), duty => duty.Share is not null, WorkerLimits.SharesMax);
            }
            foreach (var window in duties.Windows ?? [])
            {
                if (window is { Receipts: not null } && !_duties.Any(duty => duty.Window?.Number == window.Number))
                {
                    Add(new Duty(null, window), duty => duty.Window is not null, WorkerLimits.WindowsMax);
                }
            }
        }
        if (duties.Settlement is { } settlement)
        {
            _settlements.Add(settlement);
        }
        _news.Writer.TryWrite(true);
    }

    /// <summary>The market has forgotten the worker, and its windows with it.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _duties.Clear();
        }
    }

    /// <summary>No more is asked: <see cref="Run"/> ends when what is there was told.</summary>
    public void Close() => _news.Writer.Complete();

    /// <summary>Answers duties until <see cref="Close"/>, or until it is cancelled.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var settling = _settlements.Run(over.Token);
        await Answer(cancellation).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await settling.ConfigureAwait(false);
    }

    private async Task Answer(CancellationToken cancellation)
    {
        // What waits here returns on a thread of the pool, and so signs beside the polls.
        while (await _news.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            _news.Reader.TryRead(out _);
            var (pause, alone) = (WorkerPolicy.RetryPause, false);
            while (Next(alone) is { Count: > 0 } duties && !cancellation.IsCancellationRequested)
            {
                if (await Task.Run(() => TryAnswer(duties, pause, cancellation), CancellationToken.None).ConfigureAwait(false))
                {
                    (pause, alone) = (WorkerPolicy.RetryPause, false);
                    continue;
                }
                // One that the market cannot take must not hold up the others.
                alone = true;
                await Task.Delay(pause, _time, cancellation).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
                pause = WorkerPolicy.Longer(pause, WorkerPolicy.RetryPauseMax);
            }
        }
    }

    private void Add(SettlementVote vote)
    {
        lock (_lock)
        {
            if (!_duties.Any(duty => duty.Settlement == vote))
            {
                Add(new Duty(vote), duty => duty.Settlement is not null, most: 1);
            }
        }
        _news.Writer.TryWrite(true);
    }

    private void Add(Duty duty, Func<Duty, bool> isAlike, int most)
    {
        _duties.Add(duty);
        if (_duties.Count(isAlike) > most)
        {
            // The market has no more open at a time, so this one is over.
            _duties.Remove(_duties.First(isAlike));
        }
    }

    /// <summary>All that there are, or one of them, which is tried last the next time.</summary>
    private List<Duty> Next(bool alone)
    {
        lock (_lock)
        {
            if (!alone || _duties.Count == 0)
            {
                return [.. _duties];
            }
            var first = _duties[0];
            _duties.RemoveAt(0);
            _duties.Add(first);
            return [first];
        }
    }

    private async Task<bool> TryAnswer(List<Duty> duties, TimeSpan pause, CancellationToken cancellation)
    {
        foreach (var duty in duties.Where(duty => !duty.IsDecided))
        {
            duty.Decide(_voter, _link.Domain);
        }
        var votes = new CommitteeVotes(_worker)
        {
            Votes = OrNone(duties.Select(duty => duty.Vote).OfType<WindowVote>()),
            Shares = OrNone(duties.Select(duty => duty.Given).OfType<EpochShare>()),
            Settlement = duties.Select(duty => duty.Settlement).LastOrDefault(vote => vote is not null),
        };
        try
        {
            if (votes is not { Votes: null, Shares: null, Settlement: null })
            {
                await _link.Vote(votes, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (MarketLinkException failure)
        {
            LogNotTaken(failure.Message, pause);
            return false;
        }
        lock (_lock)
        {
            _duties.RemoveAll(duties.Contains);
        }
        return true;
    }

    private static IReadOnlyList<TItem>? OrNone<TItem>(IEnumerable<TItem> items) => items.ToArray() is { Length: > 0 } some ? some : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market did not take the votes: {Reason} Trying again in {Pause}")]
    private partial void LogNotTaken(string reason, TimeSpan pause);

    /// <summary>One thing to sign, and the answer, which stays the same however often it is sent.</summary>
    private sealed class Duty(ShareRequest? share, ReceiptWindow? window)
    {
        /// <summary>A settlement that is signed already.</summary>
        public Duty(SettlementVote settlement)
            : this(null, null) => (Settlement, IsDecided) = (settlement, true);

        public SettlementVote? Settlement { get; }

        public ShareRequest? Share => share;

        public ReceiptWindow? Window => window;

        public bool IsDecided { get; private set; }

        public WindowVote? Vote { get; private set; }

        public EpochShare? Given { get; private set; }

        public void Decide(CommitteeVoter voter, MarketDomain domain)
        {
            Given = share is null ? null : voter.Share(share, domain);
            Vote = window is null ? null : voter.Answer(window, domain);
            IsDecided = true;
        }
    }
}
