using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Results that differ, from the panel that finds it to the stake of the one that was wrong.</summary>
public sealed class TrialTests
{
    private const long Stake = 100_000;

    [Fact]
    public void LiarAmongStakedWorkers_IsTried_AndPaysTheJuryAndTheBuyer() =>
        TestMarket.Run(async market =>
        {
            var (client, program) = await Begin(market);
            var workers = await Serve(market, 24, liars: 1);
            var job = await SubmitUntilTold(market, client, program, "0");
            await Task.Delay(TimeSpan.FromMinutes(2), market.Time);

            var liar = (await Reputation(market, "0")).Standing;
            Assert.True(liar.Stake < new TokenAmount(Stake));
            Assert.Equal(StandingLevel.Excluded, liar.Level);
            for (var number = 1; number < 24; number++)
            {
                Assert.Equal(new TokenAmount(Stake), (await Reputation(market, $"{number}")).Standing.Stake);
            }
            var file = Receipts.DisputeFile.Parse((await market.Grains.GetGrain<IDisputeGrain>(job.ToString()).GetFile(client)).Span);
            Assert.DoesNotContain(Receipts.DisputeChecks.Of(file), check => check.Result == Receipts.CheckResult.Broken);
            await Stop(workers);
        });

    [Fact]
    public void LiarWithNothingAtStake_IsNotTried_AndTheEvidenceIsKept() =>
        TestMarket.Run(async market =>
        {
            var (client, program) = await Begin(market);
            var workers = await Serve(market, 4, liars: 1, stake: 0);
            var job = await SubmitUntilTold(market, client, program, "0");
            var file = Receipts.DisputeFile.Parse((await market.Grains.GetGrain<IDisputeGrain>(job.ToString()).GetFile(client)).Span);
            Assert.DoesNotContain(Receipts.DisputeChecks.Of(file), check => check.Result == Receipts.CheckResult.Broken);
            await Stop(workers);
        });

    /// <summary>Jurors commit to what they have, and tell it together: none has heard of another's before.</summary>
    [Fact]
    public void Jurors_SealTheirResults_AndTellThemTogether() =>
        TestMarket.Run(async market =>
        {
            var (scene, jurors) = await Jury.Of(market, 3);
            for (var number = 0; number < 3; number++)
            {
                Assert.Equal(number, await market.Market.CountJurors(scene.Job));
                Assert.All(jurors, juror => Assert.True(juror.Lease.IsSealed));
                await jurors[number].Seal("out");
                var isLast = number == 2;
                foreach (var juror in jurors.Take(number + 1))
                {
                    Assert.Equal(isLast, await juror.IsAskedToTell());
                }
            }
            for (var number = 0; number < 3; number++)
            {
                Assert.Equal(3, await market.Market.CountJurors(scene.Job));
                Assert.Empty(await jurors[number].Tell());
            }
            await market.Settle();
            // The verdict is told to the dispute.
            Assert.Null(await market.Market.CountJurors(scene.Job));
        });

    [Fact]
    public void JurorThatTellsUnasked_HasNoVote() =>
        TestMarket.Run(async market =>
        {
            var (scene, jurors) = await Jury.Of(market, 3);
            Assert.Contains("to stay sealed", Assert.Single(await jurors[0].TellUnsealed("out")).Reason, StringComparison.Ordinal);
            await jurors[1].Seal("out");
            Assert.Contains("to stay sealed", Assert.Single(await jurors[1].Tell()).Reason, StringComparison.Ordinal);
            Assert.Equal(0, await market.Market.CountJurors(scene.Job));
        });

    [Fact]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.JurorTriesMax))]
    public void JurorThatLosesItsRuns_IsDrawnAgain_OnlySoOften() =>
        TestMarket.RunSeeds(
            30,
            async market =>
            {
                var (scene, jurors) = await Jury.Of(market, 2);
                await jurors[1].Seal("out");
                for (var lost = 1; lost < PanelPolicy.JurorTriesMax; lost++)
                {
                    await jurors[0].TellUnsealed("out");
                    Assert.False(await jurors[1].IsAskedToTell());
                    // No other one is left.
                    await jurors[0].TakeAgain();
                }
                await jurors[0].TellUnsealed("out");
                Assert.True(await jurors[1].IsAskedToTell());
                Assert.Empty(await jurors[1].Tell());
                await market.Settle();
                Assert.Null(await market.Market.CountJurors(scene.Job));
            }
        );

    [Fact]
    public void JurorThatTellsAnotherResultThanItSealed_HasNoVote() =>
        TestMarket.Run(async market =>
        {
            var (scene, jurors) = await Jury.Of(market, 1);
            await jurors[0].Seal("out");
            Assert.True(await jurors[0].IsAskedToTell());
            Assert.Contains("another than was sealed", Assert.Single(await jurors[0].TellAnother("lie")).Reason, StringComparison.Ordinal);
            Assert.Equal(0, await market.Market.CountJurors(scene.Job));
        });

    /// <summary>It can seal a result and wait, and hears nothing; another one is drawn in its place.</summary>
    [Fact]
    public void JurorThatDoesNotTell_IsReplaced() =>
        TestMarket.Run(async market =>
        {
            var (client, program) = await Begin(market);
            var workers = await Serve(market, 24, liars: 1, silent: 1);
            var job = await SubmitUntilTold(market, client, program, "0");
            await Task.Delay(TimeSpan.FromMinutes(5), market.Time);
            var file = Receipts.DisputeFile.Parse((await market.Grains.GetGrain<IDisputeGrain>(job.ToString()).GetFile(client)).Span);
            Assert.DoesNotContain(Receipts.DisputeChecks.Of(file), check => check.Result == Receipts.CheckResult.Broken);
            Assert.Equal(Receipts.DisputeStates.Settled, file.Dispute.State);
            var silent = new WorkerId(TestMarket.Id("1").Value);
            Assert.DoesNotContain(file.Dispute.Votes, vote => vote.Worker == silent);
            // It was waited for as long as a result may take to be told.
            Assert.True(file.Dispute.DecidedAt - file.Dispute.OpenedAt >= Receipts.Invocation.Nanoseconds(PanelPolicy.RevealMax));
            await Stop(workers);
        });

    /// <summary>A trial of so many jurors as there are, which only the market knows of.</summary>
    private sealed class Jury
    {
        public static async Task<(Jury Scene, Juror[] Jurors)> Of(TestMarket market, int count)
        {
            var (client, program) = await Begin(market);
            var workers = new List<TestWorker>();
            for (var number = 0; number < count; number++)
            {
                var caller = await market.OpenAccount($"{number}");
                var worker = new TestWorker(market, $"{number}", price: 10, slots: 4);
                await market
                    .Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id))
                    .Stake(caller, new StakeRequest("stake", new TokenAmount(1)));
                await worker.Offer();
                workers.Add(worker);
            }
            var ticket = new JobTicket(
                Job: new JobId(TestMarket.Id("job").Value),
                Account: client.Account,
                Spec: TestMarket.Spec(program, 60) with
                {
                    Assurance = Assurance.Quorum(2, 3),
                },
                Module: Crypto.IdDerivation.Blob("command"u8),
                UsesState: false,
                SubmittedAt: market.Time.GetUtcNow(),
                RequestId: "request"
            );
            var trial = new Trial(
                Ticket: ticket,
                Root: null,
                Results: [],
                Voters: [],
                Owners: [client.Account],
                SeatPriceMax: new TokenAmount(20),
                Lead: count,
                SeatsMax: 2 * count
            );
            await market.Market.Try(trial, Authority.Dispute);
            var jurors = new List<Juror>();
            foreach (var worker in workers)
            {
                jurors.Add(new Juror(worker, await worker.TakeOne()));
            }
            return (new Jury { Job = ticket.Job }, [.. jurors]);
        }

        public required JobId Job { get; init; }
    }

    private sealed class Juror(TestWorker worker, Lease first)
    {
        private Lease _lease = first;
        private LeaseReport? _kept;
        private bool _isAsked;
        private bool _isGivenUp;

        public Lease Lease => _lease;

        public async Task TakeAgain() => _lease = await worker.TakeOne();

        public async Task Seal(string output) => _kept = await worker.Seal(_lease, worker.Completed(_lease, output));

        /// <summary>
        /// Polls no longer than a moment. A poll that was given up is repeated, as a worker does: its answer may have been on its way.
        /// </summary>
        public async Task<bool> IsAskedToTell()
        {
            try
            {
                using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(10), worker.Time);
                var orders = _isGivenUp ? await worker.RepeatPoll(soon.Token) : await worker.Poll(soon.Token);
                _isGivenUp = false;
                _isAsked |= orders.Reveals.Contains(_lease.Id);
            }
            catch (OperationCanceledException)
            {
                _isGivenUp = true;
            }
            return _isAsked;
        }

        public Task<System.Collections.Immutable.ImmutableArray<RefusedReport>> Tell() => worker.Report(_kept!);

        public Task<System.Collections.Immutable.ImmutableArray<RefusedReport>> TellUnsealed(string output) =>
            worker.Report(worker.Sign(_lease, worker.Completed(_lease, output)));

        public Task<System.Collections.Immutable.ImmutableArray<RefusedReport>> TellAnother(string output) =>
            worker.Report(worker.Sign(_lease, worker.Completed(_lease, output)) with { Salt = _kept!.Salt });
    }

    private static async Task<(Caller, ProgramId)> Begin(TestMarket market)
    {
        var client = await market.OpenAccount("client");
        return (client, await market.Deploy(client));
    }

    private static async Task<(CancellationTokenSource Stop, List<Task> Serving)> Serve(
        TestMarket market,
        int count,
        int liars,
        long stake = Stake,
        int silent = 0
    )
    {
        var (stop, serving) = (new CancellationTokenSource(), new List<Task>());
        for (var number = 0; number < count; number++)
        {
            var (name, isLiar, tells) = ($"{number}", number < liars, number < liars || number >= liars + silent);
            var caller = await market.OpenAccount(name, 1000 * Stake);
            var worker = new TestWorker(market, name, price: 10, slots: 4);
            if (stake > 0)
            {
                // A jury is drawn by stake: one that is to be silent in it has a seat.
                await market
                    .Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id))
                    .Stake(caller, new StakeRequest("stake", new TokenAmount((UInt128)(tells ? stake : 1000 * stake))));
            }
            await worker.Offer();
            serving.Add(
                worker.ServeSealed(lease => worker.Completed(lease, isLiar ? "lie" : "out", fuel: 1_000_000), () => tells, stop.Token)
            );
        }
        return (stop, serving);
    }

    /// <summary>Who has seats is drawn: jobs are ordered until the liar has told one of its own.</summary>
    private static async Task<JobId> SubmitUntilTold(TestMarket market, Caller client, ProgramId program, string liar)
    {
        for (var number = 0; number < 100; number++)
        {
            var item = TestMarket.Item($"job {number}", program, price: 60);
            var spec = item.Spec with { Assurance = Assurance.Quorum(2, 3) };
            var job = Assert.Single(await market.Submit(client, item with { Spec = spec })).Job;
            var view = await market.Job(job).WaitEnded(client, TimeSpan.FromSeconds(30), default);
            await market.Settle();
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal("out", System.Text.Encoding.UTF8.GetString(view.Output.Inline.Span));
            if ((await market.Job(job).Explain(client)).Summary.EndsWith("1 gave another one.", StringComparison.Ordinal))
            {
                return job;
            }
        }
        throw new Xunit.Sdk.XunitException($"Worker {liar} had no seat in 100 jobs.");
    }

    private static Task<ReputationView> Reputation(TestMarket market, string name) =>
        market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(new WorkerId(TestMarket.Id(name).Value))).Get(caller: null);

    private static async Task Stop((CancellationTokenSource Stop, List<Task> Serving) workers)
    {
        workers.Stop.Cancel();
        await Task.WhenAll(workers.Serving);
        workers.Stop.Dispose();
    }
}
