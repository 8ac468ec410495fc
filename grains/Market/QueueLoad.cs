namespace Marketplace.Grains;

/// <summary>How much is in the queue, of everybody and of each account: the figures that its bounds are compared with.</summary>
internal sealed class QueueLoad(QueueBounds bounds)
{
    private readonly Dictionary<AccountId, (int Jobs, long Bytes)> _accounts = [];
    private int _jobs;
    private long _bytes;
    private long _keptBytes;

    /// <summary>Whether the cargo of a job of this size may stay in memory.</summary>
    public bool MayKeep(int size) => _keptBytes + size <= bounds.KeptBytesMax;

    public void Add(MarketJob job) => Count(job, 1);

    public void Remove(MarketJob job) => Count(job, -1);

    public QueueRoom RoomFor(AccountId account)
    {
        var own = _accounts.GetValueOrDefault(account);
        return new QueueRoom(
            Math.Max(0, bounds.AccountBytesMax - own.Bytes), Math.Max(0, bounds.JobsMax - _jobs),
            Math.Max(0, bounds.BytesMax - _bytes));
    }

    private void Count(MarketJob job, int sign)
    {
        _jobs += sign;
        _bytes += sign * job.Size;
        if (job.KeepsAll)
            _keptBytes += sign * job.Size;
        var account = job.Ticket.Account;
        var own = _accounts.GetValueOrDefault(account);
        own = (own.Jobs + sign, own.Bytes + (sign * job.Size));
        if (own.Jobs == 0)
            _accounts.Remove(account);
        else
            _accounts[account] = own;
    }
}
