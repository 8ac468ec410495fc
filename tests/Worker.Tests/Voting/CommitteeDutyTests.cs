using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Tests.Worker.Committees;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker.Voting;

/// <summary>A running worker serves: it offers its key, keeps what it runs, and answers what it is asked.</summary>
public sealed class CommitteeDutyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Job_IsRunAndItsReceiptSigned(bool isSealed)
    {
        using var scene = new CommitteeScene();
        await using var worker = new WorkerFixture(encoded: true, slots: 1, member: scene);
        var (lease, result) = await Run(worker, isSealed);
        var key = worker.Market.Offered!.Committee!;
        var bls = BlsPublicKey.Read(key.Key.Span);
        Assert.True(Bls.TryProvePossession(bls, BlsSignature.Read(key.Possession.Span), out _));
        var registered = BatchDigest.OfRegistration(worker.Market.Domain, scene.Worker, key.Key.Span).ToArray();
        Assert.True(Ed25519.Verify(scene.Worker.Value, registered, key.Registration.Span));

        var draft = scene.Draft(lease, result);
        var window = scene.Window(draft);
        worker.Market.Ask(new CommitteeDuties { Windows = [window] });
        var votes = await worker.Market.NextVotes();

        var vote = Assert.Single(votes.Votes!);
        Assert.Equal((scene.Worker, window.Number), (votes.Worker, vote.Window));
        var receipt = CommitteeScene.ReceiptOf(draft, CommitteeScene.ExecutionOf(lease, result));
        var digest = BatchDigest.OfCommitteeReceipts(worker.Market.Domain, window.Committee, receipt.Hash());
        Assert.True(Bls.Verify(bls, digest.ToArray(), BlsSignature.Read(vote.Signature!.Value.Span)));
    }

    [Fact]
    public async Task ShareOfAnEpoch_IsGivenOnce()
    {
        using var scene = new CommitteeScene();
        await using var worker = new WorkerFixture(encoded: true, slots: 1, member: scene);
        var request = new ShareRequest(CommitteeScene.Epoch, CommitteeScene.Word(1));
        worker.Market.Ask(new CommitteeDuties { Share = request });
        Assert.Equal(request.Epoch, Assert.Single((await worker.Market.NextVotes()).Shares!).Epoch);

        // Another list of that epoch gets nothing; the next epoch does.
        worker.Market.Ask(new CommitteeDuties { Share = request with { Eligible = CommitteeScene.Word(2) } });
        worker.Market.Ask(new CommitteeDuties { Share = request with { Epoch = CommitteeScene.Epoch + 1 } });
        Assert.Equal(CommitteeScene.Epoch + 1, Assert.Single((await worker.Market.NextVotes()).Shares!).Epoch);
    }

    /// <summary>Its file does not come at first, and the market asks again.</summary>
    [Fact]
    public async Task Settlement_IsReadAndSigned()
    {
        using var scene = new CommitteeScene();
        await using var worker = new WorkerFixture(encoded: true, slots: 1, member: scene, domain: SettlementVoterTests.Domain);
        var (file, asked) = (SettlementVoterTests.FileOf(1, 7, earned: 40), new TaskCompletionSource());
        var request = SettlementVoterTests.RequestOf(file);
        worker.Market.OnSettlement = _ =>
        {
            asked.SetResult();
            throw new MarketLinkException("The market is away.");
        };
        worker.Market.Ask(new CommitteeDuties { Settlement = request });
        await asked.Task.WaitAsync(Cancellation);
        worker.Market.OnSettlement = number => number == 1 ? file.ToJson() : throw new MarketLinkException("There is no other.");

        for (var time = 0; time < 2; time++)
        {
            worker.Market.Ask(new CommitteeDuties { Settlement = request });
            var votes = await worker.Market.NextVotes();

            Assert.Equal((null, null), (votes.Votes, votes.Shares));
            Assert.Equal((1UL, 7UL), (votes.Settlement!.Number, votes.Settlement.Epoch));
            var key = BlsPublicKey.Read(worker.Market.Offered!.Committee!.Key.Span);
            var digest = file.Settlement.Digest(worker.Market.Domain).ToArray();
            Assert.True(Bls.Verify(key, digest, BlsSignature.Read(votes.Settlement.Signature.Span)));
        }
    }

    [Fact]
    public async Task Votes_AreRepeatedUntilTheyAreTaken()
    {
        using var scene = new CommitteeScene();
        await using var worker = new WorkerFixture(slots: 1, member: scene);
        var (lease, result) = await Run(worker);
        var failures = 3;
        worker.Market.OnVote = _ =>
        {
            if (Interlocked.Decrement(ref failures) >= 0)
            {
                throw new MarketLinkException("The market is away.");
            }
        };
        var request = new ShareRequest(CommitteeScene.Epoch, CommitteeScene.Word(1));
        worker.Market.Ask(new CommitteeDuties { Share = request, Windows = [scene.Window(scene.Draft(lease, result))] });

        // Each alone, as one of them may be what the market cannot take.
        var told = new[] { await worker.Market.NextVotes(), await worker.Market.NextVotes() };
        Assert.Single(told, votes => votes.Shares is not null);
        Assert.Single(told, votes => votes.Votes is [{ Signature: not null }]);
    }

    [Fact]
    public async Task RunOfAStoppedLease_IsNotVotedOn()
    {
        using var scene = new CommitteeScene();
        await using var worker = new WorkerFixture(slots: 1, member: scene);
        var (lease, result) = await Run(worker);
        worker.Market.Stop(lease.Id);
        worker.Market.Ask(new CommitteeDuties { Windows = [scene.Window(scene.Draft(lease, result))] });

        Assert.Equal([lease.Job], Assert.Single((await worker.Market.NextVotes()).Votes!).Refused);
    }

    [Fact]
    public async Task MarketThatForgetsTheWorker_ForgetsWhatItRan()
    {
        using var scene = new CommitteeScene();
        await using var worker = new WorkerFixture(slots: 1, member: scene);
        var (lease, result) = await Run(worker);
        worker.Market.Forget();
        worker.Market.Ask(new CommitteeDuties { Windows = [scene.Window(scene.Draft(lease, result))] });

        Assert.Equal([lease.Job], Assert.Single((await worker.Market.NextVotes()).Votes!).Refused);
        Assert.Equal(2, worker.Market.Offers);
    }

    [Fact]
    public async Task SlowDisk_HoldsUpNoPollAndNoReport()
    {
        var disk = new SlowVoteFiles();
        using var scene = new CommitteeScene(disk);
        await using var worker = new WorkerFixture(slots: 1, member: scene);
        var (lease, result) = await Run(worker);
        disk.Gate.Reset();
        worker.Market.Ask(new CommitteeDuties { Windows = [scene.Window(scene.Draft(lease, result))] });
        await disk.Waiting.WaitAsync(Cancellation);

        var (_, next) = await Run(worker);

        Assert.Equal(RunOutcome.Completed, next.Outcome);
        disk.Gate.Set();
        Assert.NotNull(Assert.Single((await worker.Market.NextVotes()).Votes!).Signature);
    }

    private static async Task<(WorkerLease Lease, WorkerResult Result)> Run(WorkerFixture worker, bool isSealed = false)
    {
        var lease = worker.Lease("hello") with
        {
            VotedOn = true,
            Sealed = isSealed ? true : null,
            PricePerMillionFuel = CommitteeScene.Price,
        };
        worker.Market.Give(lease);
        if (isSealed)
        {
            await worker.Market.NextSealed();
            worker.Market.Reveal(lease.Id);
        }
        return (lease, await worker.NextResult());
    }

    /// <summary>A disk on which a flush waits while the gate is shut.</summary>
    private sealed class SlowVoteFiles : IVoteFiles
    {
        private readonly CrashingVoteFiles _files = new(new Random(1));

        public ManualResetEventSlim Gate { get; } = new(initialState: true);

        public SemaphoreSlim Waiting { get; } = new(0);

        public string PathOf(string name) => _files.PathOf(name);

        public bool Exists(string name) => _files.Exists(name);

        public byte[]? Read(string name) => _files.Read(name);

        public IVoteFile Create(string name) => new SlowFile(this, _files.Create(name));

        public void Note(string name, ReadOnlySpan<byte> bytes) => _files.Note(name, bytes);

        public void Rename(string from, string to) => _files.Rename(from, to);

        public void Delete(string name) => _files.Delete(name);

        public void FlushFolder() => _files.FlushFolder();

        private sealed class SlowFile(SlowVoteFiles disk, IVoteFile file) : IVoteFile
        {
            public void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

            public void Flush()
            {
                if (!disk.Gate.IsSet)
                {
                    disk.Waiting.Release();
                }
                disk.Gate.Wait(Cancellation);
                file.Flush();
            }

            public void Dispose() => file.Dispose();
        }
    }
}
