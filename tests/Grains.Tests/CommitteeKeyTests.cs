using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests;

/// <summary>A key for committees comes with a worker's offer, which proves that the key is its own.</summary>
public sealed class CommitteeKeyTests
{
    private const string Name = "member";

    [Fact]
    public void KeyThatIsTheWorkersOwn_ReachesTheMarketAndIsKept() =>
        TestMarket.Run(async market =>
        {
            var worker = new TestWorker(market, Name, price: 1, slots: 1) { Committee = KeyOf(Name, TestOwner.Market.PublicKey) };
            await worker.Offer();
            // The same offer again, as a worker that comes back sends it.
            await worker.Offer();

            var listed = await market.Shards.Of(market.Grains, worker.Id).FindOffer(worker.Id);
            Assert.True(CommitteeKeys.AreSame(worker.Committee, listed!.Offer.Committee));
            Assert.True(CommitteeKeys.AreSame(worker.Committee, (await worker.Grain.Get()).Committee));

            worker.Committee = null;
            await worker.Offer();
            Assert.Null((await worker.Grain.Get()).Committee);
        });

    [Theory]
    [InlineData("possession of another key")]
    [InlineData("no point")]
    [InlineData("registered by another worker")]
    [InlineData("registered elsewhere")]
    [InlineData("too short")]
    public void KeyThatIsNot_IsRefused_AndTheOfferBeforeStays(string what) =>
        TestMarket.Run(async market =>
        {
            var own = TestOwner.Market.PublicKey;
            var (key, other) = (KeyOf(Name, own), KeyOf("other", own));
            var worker = new TestWorker(market, Name, price: 1, slots: 1) { Committee = key };
            await worker.Offer();
            worker.Committee = what switch
            {
                "possession of another key" => key with { Possession = other.Possession },
                "no point" => key with { Key = new byte[BlsPublicKey.Size] },
                "registered by another worker" => other,
                "registered elsewhere" => KeyOf(Name, TestKeys.Of("elsewhere").PublicKey),
                _ => key with { Registration = key.Registration[1..] },
            };

            var refused = await Assert.ThrowsAsync<MarketException>(worker.Offer);

            Assert.Equal(ErrorCode.MalformedRequest, refused.Code);
            Assert.True(CommitteeKeys.AreSame(key, (await worker.Grain.Get()).Committee));
        });

    [Fact]
    public void OfferWithAKeyOfAnotherLength_IsRefusedByTheMarketAsWell()
    {
        var key = KeyOf(Name, TestOwner.Market.PublicKey);
        WorkerOffer Of(CommitteeKey? committee) =>
            new(default, default, FuelPrice.Least, Slots: 1, MemoryPagesMax: 1) { Committee = committee };

        Assert.Null(OfferRules.Refusal(Of(null)));
        Assert.Null(OfferRules.Refusal(Of(key)));
        Assert.NotNull(OfferRules.Refusal(Of(key with { Key = key.Key[1..] })));
        Assert.NotNull(OfferRules.Refusal(Of(key with { Possession = key.Possession[1..] })));
        Assert.NotNull(OfferRules.Refusal(Of(key with { Registration = default })));
    }

    /// <summary>Members sign the ends that the market gives to runs, and no others of its ends.</summary>
    [Fact]
    public void EndsThatMembersSign_AreThoseOfTheMarket()
    {
        var ends =
            from outcome in Enum.GetValues<RunOutcome>()
            from state in Enum.GetValues<JobStatus>()
            from fault in Enum.GetValues<JobFault>()
            where MemberChecks.CanEnd(RunResult.NameOf(outcome), JobStatusNames.Of(state), Receipt.NameOf(fault))
            select (outcome, state, fault);
        var ofRuns =
            from outcome in Enum.GetValues<RunOutcome>()
            where outcome.IsEnd()
            let end = JobOutcomes.End(outcome)
            select (outcome, end.Status, end.Fault);

        // The output of a run that completed may have no room.
        Assert.Equal(ofRuns.Append((RunOutcome.Completed, JobStatus.Failed, JobFault.Program)).Order(), ends.Order());
    }

    private static CommitteeKey KeyOf(string worker, Bytes32 market)
    {
        var pair = TestKeys.Of(worker);
        using var bls = BlsSecretKey.FromSeed(pair.PublicKey.ToArray());
        var digest = BatchDigest.OfRegistration(new MarketDomain(market), new WorkerId(pair.PublicKey), bls.PublicKey.Bytes);
        return new CommitteeKey(bls.PublicKey.Bytes.ToArray(), bls.ProvePossession().Bytes.ToArray(), pair.Sign(digest.ToArray()));
    }
}
