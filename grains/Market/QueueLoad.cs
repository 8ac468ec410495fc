using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How much is in the queue, in all and for each account: the figures that its bounds are compared with.</summary>
internal sealed class QueueLoad(QueueBounds bounds)
{
    private readonly Dictionary<AccountId, Share> _accounts = [];
    private Share _all;

    /// <summary>Whether the cargo of a job of this size may stay in memory.</summary>
    public bool MayKeep(AccountId account, int size) =>
        size
        <= FairShare.Room(
            bounds.KeptBytesMax - _all.KeptBytes,
            _accounts.GetValueOrDefault(account).KeptBytes,
            MarketPolicy.AccountPartsOfMemory
        );

    public void Add(MarketJob job) => Count(job, 1);

    public void Remove(MarketJob job) => Count(job, -1);

    public QueueRoom RoomFor(AccountId account)
    {
        var own = _accounts.GetValueOrDefault(account);
        var (jobs, bytes) = (bounds.JobsMax - _all.Jobs, bounds.BytesMax - _all.Bytes);
        return new QueueRoom(
            FairShare.Room(bytes, own.Bytes, MarketPolicy.AccountPartsOfQueueBytes),
            Math.Max(0, jobs),
            Math.Max(0, bytes),
            (int)FairShare.Room(jobs, own.Jobs, MarketPolicy.AccountPartsOfQueueJobs)
        );
    }

    private void Count(MarketJob job, int sign)
    {
        _all = _all.With(job, sign);
        var own = _accounts.GetValueOrDefault(job.Ticket.Account).With(job, sign);
        if (own.Jobs == 0)
        {
            _accounts.Remove(job.Ticket.Account);
        }
        else
        {
            _accounts[job.Ticket.Account] = own;
        }
    }

    private readonly record struct Share(int Jobs, long Bytes, long KeptBytes)
    {
        public Share With(MarketJob job, int sign) =>
            new(Jobs + sign, Bytes + (sign * job.Size), KeptBytes + (job.KeepsAll ? sign * job.Size : 0));
    }
}
