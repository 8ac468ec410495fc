using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;

namespace Marketplace.Grains.Tests;

/// <summary>What is kept of a worker's standing over time: few samples, every change of the level, and nothing of buyers.</summary>
public sealed class StandingHistoryTests
{
    private static readonly WorkerId Worker = new(TestMarket.Id("worker").Value);
    private static readonly Caller Anybody = new(TestMarket.Id("client"), "mk0000000000000000", Scopes.Read);
    private static readonly DateTimeOffset Then = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Outcomes_AreSampledOncePerPeriod_AndWhereTheLevelChanges_ForEverybody() =>
        TestMarket.Run(async market =>
        {
            var grain = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));
            Assert.True((await grain.Get(Anybody)).History.IsEmpty);
            for (var batch = 1; batch <= 5; batch++)
            {
                await grain.Record(Outcomes(batch, kept: 1), Authority.Market);
            }
            var first = Assert.Single((await grain.Get(Anybody)).History);
            Assert.Equal(StandingLevel.Newcomer, first.Level);

            await grain.Record(Outcomes(6, kept: 1000), Authority.Market);
            Assert.Equal([StandingLevel.Newcomer, StandingLevel.Good], (await grain.Get(Anybody)).History.Select(sample => sample.Level));

            await Task.Delay(ReputationPolicy.SamplePeriod, market.Time);
            await grain.Record(Outcomes(7, kept: 1), Authority.Market);
            // A batch that is repeated changes nothing.
            await grain.Record(Outcomes(7, kept: 1), Authority.Market);
            var history = (await grain.Get(Anybody)).History;
            Assert.Equal(3, history.Length);
            Assert.Equal((await grain.Get(Anybody)).Standing.Score, history[^1].Score);
            // The market asks often, and needs none of it.
            Assert.True((await grain.Get(null)).History.IsEmpty);
        });

    [Fact]
    public void Buyer_HasNoHistory() =>
        TestMarket.Run(async market =>
        {
            var grain = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfBuyer(Anybody.Account));
            await grain.Record(Outcomes(1, kept: 1), Authority.Market);
            Assert.True((await grain.Get(Anybody)).History.IsEmpty);
        });

    [Fact]
    public void OldestSamples_MakeRoom()
    {
        var history = new StandingHistory([]);
        for (var number = 0; number <= MarketLimits.StandingSamplesMax; number++)
        {
            history = StandingHistory.With(history, Of(number % 1000), Then + (number * ReputationPolicy.SamplePeriod))!;
        }
        Assert.Equal((MarketLimits.StandingSamplesMax, 1), (history.Samples.Length, history.Samples[0].Score));
        Assert.Null(StandingHistory.With(history, Of(5), history.Samples[^1].At + ReputationPolicy.SamplePeriod - TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void StoredForm_IsReadBack_AndEveryCutIsFound()
    {
        var history = StandingHistory.With(StandingHistory.With(null, Of(700), Then), Of(1) with { Level = StandingLevel.Excluded }, Then)!;
        var bytes = StandingHistory.Form.Write(history).ToArray();

        Assert.Equal(history.Samples, StandingHistory.Form.Read(bytes).Samples);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => StandingHistory.Form.Read(bytes.AsMemory(0, length)));
        }
        Assert.Throws<InvalidDataException>(() => StandingHistory.Form.Read((byte[])[.. bytes, 0]));
        // The first version, read for ever.
        Assert.Equal(First, Convert.ToHexString(bytes));
    }

    private const string First = "01028000B796AB49DE08BC05018000B796AB49DE080104";

    private static Standing Of(int score) => new(score, StandingLevel.Good, InMaintenance: false);

    private static OutcomeBatch Outcomes(int sequence, int kept) =>
        new("wasm", Start: 1, Sequence: sequence, Kept: kept, new TokenAmount((UInt128)(10 * kept)), Faults: []);
}
