using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts.Tests;

namespace Marketplace.Tests.Gateway;

/// <summary>Three epochs: the sample's runs, the one after it is collected, the one before it was not drawn.</summary>
internal sealed class FakeCommitteeGrain : ICommitteeGrain
{
    public static DateTimeOffset At { get; } = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static ulong Last => Samples.EpochFile.Epoch;

    public Task Register(WorkerId worker, CommitteeKey key, Authority by) => Task.CompletedTask;

    public Task<EpochRoster?> GetCurrent() => Task.FromResult<EpochRoster?>(null);

    public Task<EpochRoster?> Get(ulong epoch) => Task.FromResult<EpochRoster?>(null);

    public Task<ShareCollection?> GetCollection() => Task.FromResult<ShareCollection?>(null);

    public Task Share(WorkerId worker, CommitteeShare share, Authority by) => Task.CompletedTask;

    public Task<ImmutableArray<EpochSummary>> List() =>
        Task.FromResult<ImmutableArray<EpochSummary>>([
            new EpochSummary(Last + 1, EpochPhase.Collecting, 5, Shares: 0, At: null, Until: null),
            new EpochSummary(Last, EpochPhase.Running, 5, Shares: 4, At, At + TimeSpan.FromHours(1)),
            new EpochSummary(Last - 1, EpochPhase.NotDrawn, 5, Shares: 2, At - TimeSpan.FromHours(1), Until: null),
        ]);

    public Task<ReadOnlyMemory<byte>> GetFile(ulong epoch) =>
        epoch == Last
            ? Task.FromResult<ReadOnlyMemory<byte>>(Samples.EpochFile.ToJson())
            : throw new MarketException(ErrorCode.EpochNotFound, $"There is no epoch {epoch}.");
}
