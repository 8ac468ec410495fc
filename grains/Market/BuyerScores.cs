using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Buyers' reputations, which some offers ask for. While none has, none is read: most markets ask nobody. An account that was not read yet
/// goes to no offer that asks.
/// </summary>
/// <param name="queue">The accounts and their jobs.</param>
/// <param name="seats">Those that wait for a worker.</param>
internal sealed class BuyerScores(FairQueue queue, SeatBoard seats)
{
    private readonly List<BuyerQueue> _risen = [];

    /// <summary>An offer has asked, here or of another shard, since this start.</summary>
    private bool _isAsked;

    /// <summary>Accounts whose reputation is to be read.</summary>
    public Queue<AccountId> ToRead { get; } = new();

    /// <summary>The account's reputation became known, or changed.</summary>
    /// <returns>Whether offers may take jobs of the account now that did not before.</returns>
    public bool Set(AccountId account, int score)
    {
        if (queue.Find(account) is not { } buyer || buyer.Score == score)
        {
            return false;
        }
        var hasRisen = _isAsked && score > buyer.Score;
        if (hasRisen)
        {
            _risen.Add(buyer);
        }
        queue.SetScore(buyer, score);
        return hasRisen;
    }

    /// <summary>The account's reputation could not be read: the next round asks again.</summary>
    public void Missed(AccountId account)
    {
        if (queue.Find(account) is { } buyer)
        {
            buyer.ScoreAt = null;
        }
    }

    /// <summary>Some of the ready jobs of accounts whose reputation has become better: offers may take them now.</summary>
    public IReadOnlyList<MarketJob> TakeRisen()
    {
        if (_risen.Count == 0)
        {
            return [];
        }
        var ready = new List<MarketJob>(_risen.SelectMany(buyer => seats.Of(buyer.Account)));
        foreach (var line in _risen.SelectMany(buyer => buyer.Lines))
        {
            line.Jobs.AddFirst(ready, ready.Count + MarketPolicy.RisenBuyerTriesMax);
        }
        _risen.Clear();
        return ready;
    }

    /// <summary>Accounts that were last asked for before a moment, in running time, are asked for again, at most so many.</summary>
    public void ReadAgain(TimeSpan before, int most, TimeSpan now)
    {
        if (!_isAsked)
        {
            return;
        }
        var old = queue.Buyers.Where(buyer => buyer.ScoreAt is not { } at || at < before).OrderBy(buyer => buyer.ScoreAt).Take(most);
        foreach (var buyer in old.ToArray())
        {
            Read(buyer, now);
        }
    }

    /// <summary>An offer has come, or one of another shard that claims jobs.</summary>
    public void Note(WorkerOffer offer, TimeSpan now)
    {
        if (_isAsked || offer.BuyerReputationMin == 0)
        {
            return;
        }
        _isAsked = true;
        foreach (var buyer in queue.Buyers.ToArray())
        {
            Read(buyer, now);
        }
    }

    /// <summary>A job has come. That of another shard is known there.</summary>
    public void Note(MarketJob job, TimeSpan now)
    {
        if (_isAsked && job.Home is null && job.Line!.Buyer is { ScoreAt: null } buyer)
        {
            Read(buyer, now);
        }
    }

    private void Read(BuyerQueue buyer, TimeSpan now)
    {
        buyer.ScoreAt = now;
        ToRead.Enqueue(buyer.Account);
    }
}
