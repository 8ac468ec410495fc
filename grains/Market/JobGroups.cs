using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The groups of open jobs. A job of another shard is in none here: its home shard knows who runs the others.</summary>
internal sealed class JobGroups
{
    private readonly Dictionary<(AccountId Account, JobGroupTerms Terms), JobGroup> _groups = [];

    public int Count => _groups.Count;

    public void Enter(MarketJob job)
    {
        if (job.Ticket.Spec.Group is not { } terms || job.Home is not null)
        {
            return;
        }
        var key = (job.Ticket.Account, terms);
        if (!_groups.TryGetValue(key, out var group))
        {
            _groups.Add(key, group = new JobGroup(terms));
        }
        (job.Group, job.GroupPlace) = (group, group.Jobs.AddLast(job));
    }

    public void Leave(MarketJob job)
    {
        if (job.Group is not { } group)
        {
            return;
        }
        group.Jobs.Remove(job.GroupPlace!);
        if (group.Jobs.Count == 0)
        {
            _groups.Remove((job.Ticket.Account, job.Ticket.Spec.Group!));
        }
    }
}
