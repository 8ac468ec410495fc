namespace Marketplace.Grains;

/// <summary>Jobs in the queue whose panels may open as soon as a worker of another shard has a slot, their accounts in turns.</summary>
internal sealed class AwaitingPanels
{
    private readonly Dictionary<AccountId, (LinkedList<MarketJob> Jobs, LinkedListNode<AccountId> Turn)> _lines = [];
    private readonly LinkedList<AccountId> _turns = [];

    public void Add(MarketJob job)
    {
        if (job.AwaitPlace is not null)
        {
            return;
        }
        if (!_lines.TryGetValue(job.Ticket.Account, out var own))
        {
            _lines.Add(job.Ticket.Account, own = ([], _turns.AddLast(job.Ticket.Account)));
        }
        job.AwaitPlace = own.Jobs.AddLast(job);
    }

    public void Remove(MarketJob job)
    {
        if (job.AwaitPlace is not { } place)
        {
            return;
        }
        var (jobs, turn) = _lines[job.Ticket.Account];
        jobs.Remove(place);
        job.AwaitPlace = null;
        if (jobs.Count == 0)
        {
            _lines.Remove(job.Ticket.Account);
            _turns.Remove(turn);
        }
    }

    /// <summary>Takes the first job of the account whose turn it is; null where none waits.</summary>
    public MarketJob? Next()
    {
        if (_turns.First is not { } turn)
        {
            return null;
        }
        _turns.Remove(turn);
        _turns.AddLast(turn);
        var job = _lines[turn.Value].Jobs.First!.Value;
        Remove(job);
        return job;
    }
}
