using Marketplace.Gateway;

namespace Marketplace.Tests.Gateway;

/// <summary>A silo with one kind of grain and one setting.</summary>
internal sealed class FakeSilo : ISiloFacts, ILogLevels
{
    public static readonly SiloGrains Told = new(
        10_000,
        [new("JobGrain", null, 2, 1, 1, 1)],
        [new(Grain: "IJobGrain", Method: "Begin", Calls: 20, Failures: 1, P50Us: 12, P99Us: 340, CallsTotal: 21, FailuresTotal: 1)],
        3
    );

    public SiloSettings Settings { get; } =
        new([new("--urls", "MARKET_URLS", "http://127.0.0.1:0", SettingSource.CommandLine, Secret: false, "where it listens")]);

    public SiloStorage Storage() => new(1_000, 400, 100, 50, 2);

    public Task<SiloGrains> Grains(CancellationToken cancellation) => Task.FromResult(Told);

    public LogLevels Changed { get; private set; } = new([]);

    public void Set(LogLevelRequest change, AccountId by) => Changed = new([new(change.Category, change.Level!.Value)]);
}
