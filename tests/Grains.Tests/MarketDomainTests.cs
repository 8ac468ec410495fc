using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>A market that settles on a chain: what it and its workers sign is for its contract there, and for nothing else.</summary>
public sealed class MarketDomainTests
{
    private static readonly MarketDomain OnChain = TestOwner.Domain with
    {
        ChainId = 31337,
        Contract = EvmAddress.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3"),
    };

    [Fact]
    public void CommitteeOfAMarketOnAChain_SignsForItsContract_AndForNothingElse() =>
        CommitteeScene.Run(
            3,
            async scene =>
            {
                var view = await scene.Ended("committee:3");
                Assert.Equal(JobStatus.Completed, view.Status);
                var receipt = await scene.Receipt(view.Id);
                Assert.Equal(OnChain, receipt.Domain);
                Assert.NotNull(receipt.Certificate);

                foreach (var other in new[] { OnChain with { ChainId = 1 }, OnChain with { Contract = default }, TestOwner.Domain })
                {
                    var broken = ReceiptChecks.Of(receipt with { Domain = other }).Where(check => check.Result == CheckResult.Broken);
                    Assert.Equal(["market's signature", "certificate"], broken.Select(check => check.Name));
                }
                var epoch = EpochFile.Parse((await scene.Committees.GetFile(1)).Span);
                Assert.Equal(OnChain, epoch.Domain);
                Assert.DoesNotContain(EpochChecks.Of(epoch), check => check.Result == CheckResult.Broken);
            },
            domain: OnChain
        );

    [Fact]
    public void LedgerOfAMarketOnAChain_IsSignedForItsContract() =>
        TestMarket.Run(
            async market =>
            {
                await market.OpenAccount("client");
                var name = LedgerName.Of(TestMarket.Id("client"));
                Assert.Equal(OnChain, (await market.Head(name)).Domain);
                await market.Verify(name);
            },
            register: services => services.AddSingleton(OnChain)
        );

    [Fact]
    public void WorkerThatSignsForNoChain_IsRefusedByAMarketOnOne() =>
        TestMarket.Run(
            async market =>
            {
                var registered = new TestWorker(market, "worker", price: 1, slots: 1) { Voter = new TestVoter("worker", TestOwner.Domain) };
                var refused = await Assert.ThrowsAsync<MarketException>(registered.Offer);
                Assert.Contains("has not signed for this market", refused.Message, StringComparison.Ordinal);
            },
            register: services => services.AddSingleton(OnChain)
        );

    [Fact]
    public void HostThatChoosesAnotherMarketsDomain_OrHalfOfOne_IsRefusedAtTheStart()
    {
        using var other = new MarketIdentity(new Ed25519KeyPair(TestKeys.Profile.ToArray()));
        Assert.Contains($"{other.PublicKey}", Refusal(OnChain with { Market = other.PublicKey }), StringComparison.Ordinal);
        Assert.Contains("31337", Refusal(OnChain with { Contract = default }), StringComparison.Ordinal);
        Assert.Contains($"{OnChain.Contract}", Refusal(OnChain with { ChainId = 0 }), StringComparison.Ordinal);
        Assert.Equal("", Refusal(OnChain));
        Assert.Equal("", Refusal(null));

        static string Refusal(MarketDomain? domain)
        {
            var services = new ServiceCollection().AddSingleton(TestOwner.Market);
            if (domain is not null)
            {
                services.AddSingleton(domain);
            }
            using var provider = services.AddMarketGrains().BuildServiceProvider();
            return Record.Exception(provider.RequireOwnDomain) is { } refused
                ? Assert.IsType<InvalidOperationException>(refused).Message
                : "";
        }
    }
}
