using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Support;

/// <summary>An epoch that a test decides, in the place of the grain that draws it.</summary>
internal sealed class TestRoster
{
    public EpochRoster? Current { get; set; }
}

internal sealed class TestCommitteeGrain(TestRoster roster) : Grain, ICommitteeGrain
{
    public Task Register(WorkerId worker, CommitteeKey key, Authority by) => Task.CompletedTask;

    public Task<EpochRoster?> GetCurrent() => Task.FromResult(roster.Current);

    public Task<EpochRoster?> Get(ulong epoch) => Task.FromResult(roster.Current?.Epoch == epoch ? roster.Current : null);

    public Task<ShareCollection?> GetCollection() => Task.FromResult<ShareCollection?>(null);

    public Task Share(WorkerId worker, CommitteeShare share, Authority by) => Task.CompletedTask;
}
