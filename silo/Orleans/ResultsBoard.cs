using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>Announcements of ended jobs.</summary>
internal sealed class ResultsBoard(string activation) : Board<JobsEnded, ResultsPage>(activation)
{
    /// <summary>Of the outputs: the rest is small.</summary>
    protected override int SizeOf(JobsEnded item) => item.Jobs.Sum(job => job.Output.Inline.Length);

    protected override ResultsPage PageOf(ResultsPlace place, bool missed, ImmutableArray<JobsEnded> items) => new(place, missed, items);
}

/// <summary>The news of one stream.</summary>
internal sealed class NewsBoard(string activation) : Board<MarketNews, NewsPage>(activation)
{
    /// <summary>What an item takes, with the names that it has.</summary>
    private const int ItemBytes = 512;

    protected override int SizeOf(MarketNews item) => item.Items.Length * ItemBytes;

    protected override NewsPage PageOf(ResultsPlace place, bool missed, ImmutableArray<MarketNews> items) => new(place, missed, items);
}
