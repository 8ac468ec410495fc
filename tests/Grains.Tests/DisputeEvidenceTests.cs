using System.Collections.Immutable;
using System.Numerics;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Testing;
using static Marketplace.Grains.Tests.Support.DisputeScene;

namespace Marketplace.Grains.Tests;

/// <summary>What disputes take as evidence, keep and show; and their numbers.</summary>
public sealed class DisputeEvidenceTests
{
    [Fact]
    [TestsBound(typeof(DisputePolicy), nameof(DisputePolicy.SeatVotesMax))]
    public void EvidenceThatDoesNotHold_IsRefused() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            var good = scene.Case();
            var (lie, truth) = (good.Votes[0], good.Votes[1]);
            DisputeCase[] refused =
            [
                good with
                {
                    Votes = [lie with { Signed = truth.Signed }, truth],
                },
                good with
                {
                    Votes = [lie, truth with { Execution = lie.Execution, Result = null }],
                },
                good with
                {
                    Votes = [lie, truth with { Result = lie.Result }],
                },
                good with
                {
                    Votes = [lie, truth with { Result = null }],
                },
                good with
                {
                    Votes = [lie, truth, truth],
                },
                good with
                {
                    Votes = [lie],
                },
                good with
                {
                    Votes = [lie, good.Votes[2]],
                },
                good with
                {
                    Accepted = scene.Cast("any", "else").Execution,
                },
                good with
                {
                    Ticket = good.Ticket with { Job = new JobId(TestMarket.Id("another").Value) },
                },
                good with
                {
                    Ticket = good.Ticket with { Account = TestMarket.Id("another"), Spec = good.Ticket.Spec with { FuelMax = 1 } },
                },
                good with
                {
                    Votes = [.. good.Votes, .. Others(DisputePolicy.SeatVotesMax - 2)],
                },
            ];
            foreach (var malformed in refused)
            {
                await Refused(ErrorCode.MalformedRequest, () => scene.Dispute.Open(malformed, Authority.Market));
            }
            Assert.Null(scene.Stored());
            await scene.Dispute.Open(good with { Votes = [.. good.Votes, .. Others(DisputePolicy.SeatVotesMax - 3)] }, Authority.Market);

            IEnumerable<CastVote> Others(int count) => Enumerable.Range(0, count).Select(number => scene.Cast($"other {number}", "truth"));
        });

    [Fact]
    [TestsBound(typeof(DisputePolicy), nameof(DisputePolicy.SeatsMax))]
    public void JuryThatDoesNotHold_IsRefused() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            ImmutableArray<CastVote> jurors = scene.Truth().Jurors;
            ImmutableArray<CastVote>[] juries =
            [
                jurors.SetItem(0, jurors[1]),
                jurors.SetItem(0, scene.Cast("seat", "truth")),
                jurors.SetItem(0, scene.Cast("juror 0", "truth") with { PayTo = TestMarket.Id("seat") }),
                jurors.SetItem(0, scene.Cast("juror 0", "truth") with { PayTo = TestMarket.Id("buyer") }),
                jurors.SetItem(0, scene.Cast("juror 0", "truth") with { PayTo = TestMarket.Id("juror 1") }),
                jurors.SetItem(0, jurors[0] with { Signed = jurors[1].Signed }),
                [.. scene.Jurors(DisputePolicy.SeatsMax + 1, "truth")],
            ];
            foreach (var jury in juries)
            {
                await Refused(ErrorCode.MalformedRequest, () => scene.Dispute.Decide(new JuryVerdict(jury, null), Authority.Market));
            }
            await scene.Dispute.Decide(scene.Truth(DisputePolicy.SeatsMax), Authority.Market);
            await scene.Market.Settle();
            Assert.Equal(DisputeStates.Settled, (await scene.Checked()).State);
            Assert.Equal(DisputePolicy.SeatsMax * Fee, await scene.JurorsHave());
        });

    /// <summary>A juror may read it too.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void OpenDispute_TellsWhoAndSinceWhen_AndNoResultBeforeTheEnd(bool isVerdict) =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            string[] secrets =
            [
                .. scene.Case().Votes.Select(vote => $"{vote.Execution}"),
                .. scene.Case().Votes.Select(vote => Convert.ToHexStringLower(vote.Signed.Signature.Span)),
                .. scene.Case().Votes.Select(vote => $"{vote.Result?.Output ?? scene.Case().Votes[0].Result!.Output}"),
            ];
            foreach (var (count, progress) in new[] { ((int?)null, "none is under way"), (0, "0 of at most 63"), (5, "5 of at most 63") })
            {
                scene.Jury.InCount = count;
                var open = await scene.Checked();
                Assert.Contains(progress, open.Reason, StringComparison.Ordinal);
                Assert.Equal(scene.Case().Votes.Select(vote => vote.Worker), open.Votes.Select(vote => vote.Worker));
                Assert.Equal((scene.Ticket.Account, true), (open.Payer, open.OpenedAt > 0));
                var text = System.Text.Encoding.UTF8.GetString((await scene.File()).ToJson());
                Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
            }
            scene.Jury.IsAway = true;
            Assert.Contains("the market does not say", (await scene.Checked()).Reason, StringComparison.Ordinal);

            var none = new JuryVerdict([.. scene.Jurors(2, "truth")], "too few jurors");
            await scene.Dispute.Decide(isVerdict ? scene.Truth() : none, Authority.Market);
            await scene.Checked();
            var whole = System.Text.Encoding.UTF8.GetString((await scene.File()).ToJson());
            Assert.All(secrets, secret => Assert.Contains(secret, whole, StringComparison.Ordinal));
        });

    [Fact]
    public void OnlyAMarketDisputes_AndEveryKeyMayRead() =>
        Run(async scene =>
        {
            await Refused(ErrorCode.DisputeNotFound, scene.File);
            await Refused(ErrorCode.DisputeNotFound, () => scene.Dispute.Decide(scene.Truth(), Authority.Market));
            foreach (var by in Enum.GetValues<Authority>().Where(by => by != Authority.Market))
            {
                await Refused(ErrorCode.Forbidden, () => scene.Dispute.Open(scene.Case(), by));
                await Refused(ErrorCode.Forbidden, () => scene.Dispute.Decide(scene.Truth(), by));
            }
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            var stranger = await scene.Market.OpenAccount("stranger");
            Assert.False((await scene.Dispute.GetFile(stranger)).IsEmpty);
            await Refused(ErrorCode.Forbidden, () => scene.Dispute.GetFile(stranger with { Scopes = Scopes.Submit }));
        });

    [Fact]
    [TestsBound(typeof(DisputePolicy), nameof(DisputePolicy.ListedRowsMax))]
    public void Lists_HaveEachDispute_ByWorkerAndPage() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await scene.Dispute.Decide(scene.Truth(), Authority.Market);
            IDisputeLists lists = new DisputeLists(scene.Market.Store);
            var summary = Assert.Single((await lists.Disputes(null, 10)).Items);
            Assert.Equal((scene.Ticket.Job, DisputeStates.Settled, 2), (summary.Job, summary.State, summary.Results));
            Assert.Equal((3, DisputePolicy.Lead, 2), (summary.Seats.Length, summary.Jurors.Length, summary.Losers.Length));
            Assert.Equal(new TokenAmount((2 * PriceMax) + (DisputePolicy.Lead * Fee)), summary.Slashed);
            foreach (var (worker, count) in new[] { ("seat", 1), ("juror 3", 1), ("stranger", 0) })
            {
                Assert.Equal(count, (await lists.Disputes(null, 10, new WorkerId(TestMarket.Id(worker).Value))).Items.Count);
            }

            for (var number = 0; number < DisputePolicy.ListedRowsMax; number++)
            {
                var later = scene.Stored()! with { OpenedAt = summary.OpenedAt.AddSeconds(number + 1), Seats = [], Jurors = [] };
                scene.Market.Disk.Write(
                    new Storage.DocumentKey(DisputeState.Kind, $"{TestMarket.Id($"job {number}")}"),
                    0,
                    DisputeCodec.Write(later)
                );
            }
            var seat = new WorkerId(TestMarket.Id("seat").Value);
            var page = await lists.Disputes(null, 10, seat);
            Assert.Empty(page.Items);
            page = await lists.Disputes(page.Next, 10, seat);
            Assert.Equal((1, null), (page.Items.Count, page.Next));
            Assert.Equal(DisputePolicy.ListedRowsMax + 1, await CountPages(lists, 64));
        });

    [Fact]
    [TestsBound(typeof(DisputePolicy), nameof(DisputePolicy.Lead))]
    public void Lead_IsTheLeastThatMakesAWrongVerdictRarerThanOneInAMillion()
    {
        // (3/7)^lead against 10^-6, in whole numbers.
        Assert.True(BigInteger.Pow(3, DisputePolicy.Lead) * 1_000_000 <= BigInteger.Pow(7, DisputePolicy.Lead));
        Assert.False(BigInteger.Pow(3, DisputePolicy.Lead - 1) * 1_000_000 <= BigInteger.Pow(7, DisputePolicy.Lead - 1));
    }

    [Fact]
    [TestsBound(typeof(DisputePolicy), nameof(DisputePolicy.FrozenMax))]
    public void Unbonding_OutlastsATrial_AndAFreezeAllThatASlashMayWaitFor()
    {
        Assert.True(MarketLimits.UnbondingMin > DisputePolicy.TrialMax + DisputePolicy.CheckPeriod);
        Assert.True(DisputePolicy.FrozenMax > DisputePolicy.TrialMax + SlashPolicy.JudgmentMemory);
    }

    [Fact]
    public void StoredDispute_IsReadBack_AndEveryCutIsFound() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            var votes = scene.Case().Votes.Add(scene.Cast("slow", null, fuel: 7));
            await scene.Dispute.Open(scene.Case("lie", [.. votes]), Authority.Market);
            var open = DisputeCodec.Write(scene.Stored()!).ToArray();
            await scene.Dispute.Decide(scene.Truth(), Authority.Market);
            foreach (var bytes in new[] { open, DisputeCodec.Write(scene.Stored()!).ToArray() })
            {
                Assert.Equal(bytes, DisputeCodec.Write(DisputeCodec.Read(bytes)).ToArray());
                for (var length = 0; length < bytes.Length; length++)
                {
                    Assert.Throws<InvalidDataException>(() => DisputeCodec.Read(bytes.AsSpan(0, length)));
                }
            }
        });

    private static async Task<int> CountPages(IDisputeLists lists, int limit)
    {
        var seen = new HashSet<JobId>();
        for (ListPlace? after = null; ; )
        {
            var page = await lists.Disputes(after, limit);
            Assert.All(page.Items, item => Assert.True(seen.Add(item.Job)));
            if (page.Next is null)
            {
                return seen.Count;
            }
            after = page.Next;
        }
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
