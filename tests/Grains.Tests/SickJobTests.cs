using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>A job that cannot say how it ended keeps nothing but its own hold.</summary>
public sealed class SickJobTests
{
    private static readonly ImmutableArray<HoldItem> Items =
    [
        .. Enumerable
            .Range(1, 5)
            .Select(number => new HoldItem(new JobId(new Bytes32(Enumerable.Repeat((byte)number, 32).ToArray())), new TokenAmount(10))),
    ];

    private static JobId Sick => Items[2].Job;

    /// <summary>None of these jobs was ever written, so each hold is an orphan's, and is released once its job was asked.</summary>
    [Fact]
    public void SickJob_LeavesTheHoldsOfOthersSettled() =>
        TestMarket.RunSeeds(
            3,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                BreakReading(market);
                await market.Account("client").Hold(caller, Items);

                await Task.Delay(AccountPolicy.HoldOrphanAge + 3 * AccountPolicy.ReconcilePeriod, market.Time);

                Assert.Equal(1, (await market.Account("client").Get()).OpenJobs);
            }
        );

    [Fact]
    public void SickJobThatIsWellAgain_IsSettledWithinTheLongestBackOff() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            BreakReading(market);
            await market.Account("client").Hold(caller, Items);
            await Task.Delay(TimeSpan.FromDays(1), market.Time);
            var asked = market.Calls.Counts["IJobGrain.GetSettlement"];
            Assert.Equal(1, (await market.Account("client").Get()).OpenJobs);
            Assert.True(asked < 80, $"The jobs were asked {asked} times in a day.");

            market.Store.OnRead = _ => null;
            await Task.Delay(AccountPolicy.HoldFailedAskMax + 2 * AccountPolicy.ReconcilePeriod, market.Time);

            Assert.Equal(0, (await market.Account("client").Get()).OpenJobs);
        });

    private static void BreakReading(TestMarket market) =>
        market.Store.OnRead = name =>
            name.Contains(Sick.ToString(), StringComparison.Ordinal) ? new IOException("The disk cannot read it.") : null;
}
