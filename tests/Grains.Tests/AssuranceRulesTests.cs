using System.Collections.Frozen;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Which jobs can be had with which assurance.</summary>
public sealed class AssuranceRulesTests
{
    private static readonly FrozenSet<AssuranceKind> All = Enum.GetValues<AssuranceKind>().ToFrozenSet();

    private static readonly Assurance[] Above = [Assurance.Audit(100), Assurance.Quorum(2, 3), Assurance.Committee(5)];

    [Fact]
    public void KindThatTheMarketDoesNotOffer_IsRefusedWithThoseThatItOffers()
    {
        foreach (var assurance in Above)
        {
            var refusal = AssuranceRules.CheckNew(SpecOf(assurance), [], FrozenSet.Create(AssuranceKind.None))!;

            Assert.Equal(ErrorCode.AssuranceRefused, refusal.Code);
            Assert.Contains($"does not offer {assurance.Kind.ToString().ToLowerInvariant()} yet", refusal.Message);
            Assert.Contains("offers: none.", refusal.Message);
            Assert.Null(AssuranceRules.CheckNew(SpecOf(assurance), [], All));
        }
        Assert.Null(AssuranceRules.CheckNew(SpecOf(Assurance.None), [], FrozenSet.Create(AssuranceKind.None)));
    }

    [Fact]
    public void AuctionsAndGroups_AreRefusedAboveNone()
    {
        foreach (var assurance in Above)
        {
            var spec = SpecOf(assurance);

            var auction = SubmissionRules.Check(new SubmitItem("one", spec with { Auction = MarketLimits.AuctionMin }))!;
            var group = SubmissionRules.Check(new SubmitItem("one", spec with { Group = new JobGroupTerms("g", GroupSpread.Owner) }))!;

            Assert.Equal((ErrorCode.AssuranceRefused, ErrorCode.AssuranceRefused), (auction.Code, group.Code));
            Assert.Contains($"auction and the assurance {assurance}", auction.Message);
            Assert.Contains($"group and the assurance {assurance}", group.Message);
            Assert.Null(SubmissionRules.Check(new SubmitItem("one", spec)));
        }
        var plain = SpecOf(Assurance.None);
        Assert.Null(SubmissionRules.Check(new SubmitItem("one", plain with { Auction = MarketLimits.AuctionMin })));
        Assert.Null(SubmissionRules.Check(new SubmitItem("one", plain with { Group = new JobGroupTerms("g", GroupSpread.Owner) })));
    }

    [Theory]
    [InlineData("none", false)]
    [InlineData("audit:100%", false)]
    [InlineData("quorum:2/3", true)]
    [InlineData("committee:5", true)]
    public void ProgramWhoseRunsMayDiffer_IsRefusedAboveAnAudit(string assurance, bool isRefused)
    {
        var spec = SpecOf(Assurance.Parse(assurance));

        var refusal = AssuranceRules.CheckNew(spec, ["wasi_snapshot_preview1.fd_read", "env.onvm_blob_read"], All);

        Assert.Equal(isRefused ? ErrorCode.AssuranceRefused : null, refusal?.Code);
        if (isRefused)
        {
            Assert.Contains("env.onvm_blob_read", refusal!.Message);
            Assert.Contains($"not with {assurance}", refusal.Message);
        }
        Assert.Null(AssuranceRules.CheckNew(spec, ["wasi_snapshot_preview1.fd_read", "env.onvm_state_put"], All));
    }

    [Theory]
    [InlineData("none", 2)]
    [InlineData("audit:0.1%", 4)]
    [InlineData("quorum:2/3", 6)]
    [InlineData("committee:16", 32)]
    public void LeastPrice_IsThatOfAllSeats(string assurance, long least)
    {
        var spec = SpecOf(Assurance.Parse(assurance)) with { FuelMax = 1_000_001 };

        var refusal = SubmissionRules.CheckPrice(spec with { PriceMax = new TokenAmount((UInt128)(least - 1)) })!;

        Assert.Equal(ErrorCode.PriceTooLow, refusal.Code);
        Assert.Contains($"Raise priceMax to {least} or more", refusal.Message);
        Assert.Null(SubmissionRules.CheckPrice(spec with { PriceMax = new TokenAmount((UInt128)least) }));
    }

    /// <summary>Until the market carries it out. A job without one is taken as ever, beside it in the same batch.</summary>
    [Fact]
    public void Market_RefusesWhatItDoesNotOffer_AndHoldsNothingForIt() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var plain = TestMarket.Item("plain", program);
            var missing = Above.Where(each => !AssuranceRules.Offered.Contains(each.Kind)).ToArray();

            var results = await market.Submit(
                caller,
                [plain, .. missing.Select(each => plain with { RequestId = $"{each}", Spec = plain.Spec with { Assurance = each } })]
            );

            Assert.Null(results[0].Code);
            Assert.All(results[1..], result => Assert.Equal(ErrorCode.AssuranceRefused, result.Code));
            Assert.Equal(plain.Spec.PriceMax, (await market.Account("client").Get()).Held);
            await market.Job(results[0].Job).Cancel(caller);
            await market.Settle();
        });

    /// <summary>The same request id with another assurance is another spec.</summary>
    [Fact]
    public void RepeatedRequestId_WithAnotherAssurance_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var module = (await market.Grains.GetGrain<IProgramGrain>(program.ToString()).Get()).Module;
            var item = TestMarket.Item("one", program);
            var id = Marketplace.Crypto.IdDerivation.Job(caller.Account, item.RequestId);
            var assured = item with { Spec = item.Spec with { Assurance = Assurance.Quorum(2, 3) } };
            var hold = await market.Account("client").Hold(caller, [new HoldItem(id, item.Spec.PriceMax)]);
            await market
                .Job(id)
                .Submit(
                    new JobSubmission(caller.Account, item.RequestId, assured.Spec, module, UsesState: false, hold.HeldAt),
                    Authority.Submission
                );

            var again = await market.Submit(caller, assured);
            var other = await market.Submit(caller, item);

            Assert.Equal((true, null), (again[0].Existed, again[0].Code));
            Assert.Equal(ErrorCode.RequestIdReused, other[0].Code);
            Assert.Equal(Assurance.Quorum(2, 3), (await market.Job(id).Get(caller)).Spec.Assurance);
            await market.Job(id).Cancel(caller);
            await market.Settle();
        });

    private static JobSpec SpecOf(Assurance assurance) => TestMarket.Spec(default, price: 100) with { Assurance = assurance };
}
