using System.Globalization;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Panels themselves are played with workers of whom a share lies, all alike: a wrong result wins as often as quotes say. Within five
/// standard deviations, which a right figure leaves once in a million seeds; the seed is fixed.
/// </summary>
public sealed class PanelOddsTests
{
    private const int Games = 5_000;

    private static readonly Bytes32 Right = new([.. Enumerable.Repeat((byte)1, Bytes32.Size)]);
    private static readonly Bytes32 Wrong = new([.. Enumerable.Repeat((byte)2, Bytes32.Size)]);

    private static readonly JobTicket Ticket = new(
        Job: default,
        Account: default,
        Spec: TestMarket.Spec(default),
        Module: default,
        UsesState: false,
        SubmittedAt: DateTimeOffset.UnixEpoch,
        RequestId: "one"
    );

    [Theory]
    [InlineData("audit:10%", 300)]
    [InlineData("audit:100%", 300)]
    [InlineData("quorum:2/2", 300)]
    [InlineData("quorum:2/3", 300)]
    [InlineData("quorum:2/3", 100)]
    [InlineData("quorum:3/3", 300)]
    [InlineData("quorum:3/5", 400)]
    [InlineData("quorum:4/5", 300)]
    [InlineData("quorum:9/16", 450)]
    [InlineData("quorum:16/16", 450)]
    public void WrongResult_WinsAsOftenAsQuotesSay(string assurance, int liarsPermille)
    {
        var level = Assurance.Parse(assurance);
        var chance = new Random(20261123);
        var wrong = Enumerable.Range(0, Games).Count(_ => WinnerOf(level, chance, liarsPermille) == Wrong);
        // Told rounded up at the third digit.
        var told = double.Parse(AssuranceOdds.WrongAccepted(level, liarsPermille).ToString(), CultureInfo.InvariantCulture);
        var deviation = Math.Sqrt(told * (1 - told) / Games);

        Assert.InRange((double)wrong / Games, (told * 0.99) - (5 * deviation), told + (5 * deviation));
    }

    private static Bytes32 WinnerOf(Assurance level, Random chance, int liarsPermille)
    {
        var panel = new Panel(new MarketJob(Ticket with { Spec = Ticket.Spec with { Assurance = level } }), TimeSpan.Zero);
        for (var step = PanelStep.Draw; step != PanelStep.Accept; step = panel.Next(TimeSpan.Zero, new Draws(chance)))
        {
            switch (step)
            {
                case PanelStep.Draw:
                    for (var left = panel.Missing; left > 0; left--)
                    {
                        panel.Add(new MarketJob(panel.Job.Ticket) { Panel = panel });
                    }
                    break;
                case PanelStep.Wait when panel.IsSealed && !panel.IsRevealing:
                    panel.Seats.First(seat => seat.Phase != MarketPhase.Sealed).Phase = MarketPhase.Sealed;
                    break;
                case PanelStep.Wait:
                    var told = panel.Seats[0];
                    panel.Count(VoteFor(chance.Next(1000) < liarsPermille ? Wrong : Right));
                    panel.Remove(told);
                    break;
                case PanelStep.Reveal:
                    break;
                default:
                    Assert.Fail($"{level} ended with {step} after {panel.Votes.Count} votes.");
                    break;
            }
        }
        return panel.Accepted!.Execution;
    }

    private static Vote VoteFor(Bytes32 execution) =>
        new(
            Offer: new WorkerOffer(
                Worker: default,
                PayTo: default,
                PricePerMillionFuel: new TokenAmount(1),
                Slots: 1,
                MemoryPagesMax: MarketLimits.MemoryPagesMax
            ),
            Price: new TokenAmount(1),
            Execution: execution,
            Outcome: RunOutcome.Completed,
            FuelUsed: 1,
            Signed: null!,
            Result: null
        );

    private sealed class Draws(Random chance) : IChance
    {
        public double Next() => chance.NextDouble();
    }
}
