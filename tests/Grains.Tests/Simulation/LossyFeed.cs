using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// Announcements arrive once, not at all, or three times. What a listener heard is kept, to be compared with what is stored.
/// </summary>
internal sealed class LossyFeed(FaultPlan plan, SeededChance chance) : IResultsFeed
{
    public List<EndedJob> Heard { get; } = [];

    public bool IsWanted => true;

    public bool Wants(string stream) => false;

    public void Publish(string stream, MarketNews news) =>
        throw new InvalidOperationException($"The stream {stream} has no listener, and got {news.Items.Length} items.");

    public void Publish(JobsEnded ended)
    {
        if (plan.Happens(chance, "announcement lost", 100_000))
        {
            return;
        }
        var times = plan.Happens(chance, "announcement tripled", 100_000) ? 3 : 1;
        for (var time = 0; time < times; time++)
        {
            Heard.AddRange(ended.Jobs);
        }
    }
}
