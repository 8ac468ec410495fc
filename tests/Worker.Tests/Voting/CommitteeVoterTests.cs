using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Testing;
using Marketplace.Worker;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Worker.Voting;

/// <summary>What a member signs, and what it never does.</summary>
public sealed class CommitteeVoterTests : IDisposable
{
    private readonly CommitteeScene _scene = new();
    private readonly Ed25519KeyPair _market = new([.. Enumerable.Repeat((byte)0x71, 32)]);

    private MarketDomain Domain => new(_market.PublicKey);

    public void Dispose()
    {
        _scene.Dispose();
        _market.Dispose();
    }

    [Fact]
    public void Window_IsSignedSoThatItsReceiptsVerify()
    {
        BlsSecretKey[] others = [BlsSecretKey.FromSeed([.. Enumerable.Repeat((byte)0x33, 32)]), BlsSecretKey.FromSeed(new byte[32])];
        CommitteeMember[] members =
        [
            MemberOf(_scene.Worker, _scene.Voter.KeyFor(Domain)!),
            MemberOf(others[0], 0x81),
            MemberOf(others[1], 0x82),
        ];
        var leases = new[] { _scene.Ran(1), _scene.Ran(2), _scene.Ran(3) };
        var other = members[1].Worker;
        ReceiptDraft[] drafts = [.. leases.Select(lease => With(_scene.Draft(lease), other))];
        var window = _scene.Window(drafts) with { Committee = BatchDigest.CommitteeHash(CommitteeScene.Epoch, members) };

        var vote = _scene.Voter.Answer(window, Domain)!;

        Receipt[] receipts =
        [
            .. leases.Zip(
                drafts,
                (lease, draft) => CommitteeScene.ReceiptOf(draft, CommitteeScene.ExecutionOf(lease, CommitteeScene.ResultOf(lease)))
            ),
        ];
        var batch = new MerkleBatch([.. receipts.Select(receipt => receipt.Hash())]);
        var digest = BatchDigest.OfCommitteeReceipts(Domain, CommitteeScene.Epoch, members, batch.Root).ToArray();
        var sum = Bls.Aggregate([BlsSignature.Read(vote.Signature!.Value.Span), .. others.Select(key => key.Sign(digest))]);
        for (var index = 0; index < receipts.Length; index++)
        {
            var certificate = new CommitteeCertificate
            {
                Members = members,
                MembersSignature = Sign(BatchDigest.OfCommittee(Domain, CommitteeScene.Epoch, members)),
                Path = [.. batch.PathOf(index).Select(PathStep.Of)],
                Signers = 0b111,
                Signature = sum.ToString(),
            };
            var file = new ReceiptFile
            {
                Format = ReceiptFile.FormatName,
                Domain = Domain,
                Receipt = receipts[index],
                WorkerSignatures = [],
                Certificate = certificate,
                MarketSignature = Sign(BatchDigest.OfReceipts(Domain, CommitteeScene.Epoch, receipts[index].Hash())),
            };
            Assert.DoesNotContain(ReceiptChecks.Of(file), check => check.Result == CheckResult.Broken);
            var checks = ReceiptChecks.Of(file with { Certificate = certificate with { Signature = others[0].Sign(digest).ToString() } });
            Assert.Equal("certificate", Assert.Single(checks, check => check.Result == CheckResult.Broken).Name);
        }
        others.ToList().ForEach(key => key.Dispose());
    }

    [Theory]
    [InlineData("price")]
    [InlineData("limit")]
    [InlineData("seat price")]
    [InlineData("share")]
    [InlineData("share of another")]
    [InlineData("state")]
    [InlineData("fault")]
    [InlineData("assurance")]
    [InlineData("words")]
    [InlineData("job")]
    [InlineData("seats")]
    public void ReceiptThatIsNotWhatItKnows_IsRefused_AndTheOthersAreNot(string what)
    {
        var (good, bad) = (_scene.Ran(1), _scene.Ran(2));
        var draft = _scene.Draft(bad);
        var (own, other) = (
            draft.Seats.Single(seat => seat.Worker == _scene.Worker),
            draft.Seats.Single(seat => seat.Worker == CommitteeScene.Other)
        );
        var cost = draft.Shares[0].Amount;
        draft = what switch
        {
            "price" => draft with { Price = cost, Shares = [draft.Shares[0]] },
            "limit" => draft with { PriceLimit = cost },
            "seat price" => draft with
            {
                Seats = [.. draft.Seats.Select(seat => seat with { UnitPrice = new TokenAmount(seat.UnitPrice.BaseUnits / 2) })],
                Price = cost,
                Shares = [draft.Shares[0]],
            },
            "share" => draft with { Shares = [draft.Shares[0]] },
            "share of another" => draft with { Shares = [new ReceiptShare(draft.Payer, cost), draft.Shares[1]] },
            "state" => draft with { State = "cancelled", Fault = "client" },
            "fault" => draft with { State = "failed", Fault = "worker", Price = TokenAmount.Zero, Shares = [] },
            "assurance" => draft with { Assurance = "quorum:2/3" },
            "words" => draft with { State = "done" },
            "seats" => draft with { Seats = [.. draft.Seats.Reverse()] },
            _ => draft with { Job = new JobId(CommitteeScene.Word(0x99)) },
        };

        var vote = _scene.Voter.Answer(_scene.Window(_scene.Draft(good), draft), Domain)!;

        Assert.Null(vote.Signature);
        Assert.Equal([draft.Job], vote.Refused);
        Assert.NotNull(_scene.Voter.Answer(_scene.Window(_scene.Draft(good), _scene.Draft(bad)), Domain)!.Signature);
    }

    /// <summary>Those that ran the job before are paid by the receipt; a member that ran it since can say that it is right too.</summary>
    [Fact]
    public void ReceiptWithoutASeatOfItsOwn_IsSigned()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        var (seat, cost) = (draft.Seats.Single(seat => seat.Worker == CommitteeScene.Other), draft.Shares[1].Amount);
        var others = draft with { Seats = [seat], Price = cost, Shares = [draft.Shares[1]] };

        Assert.NotNull(_scene.Voter.Answer(_scene.Window(others), Domain)!.Signature);
        Assert.NotNull(_scene.Voter.Answer(_scene.Window(draft), Domain)!.Refused);
    }

    [Fact]
    public void OutputWithoutRoom_IsAnEndOfACompletedRun()
    {
        var draft = _scene.Draft(_scene.Ran(1)) with { State = "failed", Fault = "program" };

        Assert.NotNull(_scene.Voter.Answer(_scene.Window(draft), Domain)!.Signature);
    }

    [Fact]
    public void EpochZero_HasNoCommittee()
    {
        var window = _scene.Window(_scene.Draft(_scene.Ran(1))) with { Epoch = 0 };

        Assert.NotNull(_scene.Voter.Answer(window, Domain)!.Refused);
    }

    [Fact]
    public void RunOfALeaseThatIsOver_IsNotVotedOn()
    {
        var (stopped, forgotten) = (_scene.Ran(1), _scene.Ran(2));
        _scene.Voter.Drop(stopped.Id);
        Assert.Equal([stopped.Job], _scene.Voter.Answer(_scene.Window(_scene.Draft(stopped), _scene.Draft(forgotten)), Domain)!.Refused);
        _scene.Voter.DropAll();

        Assert.NotNull(_scene.Voter.Answer(_scene.Window(_scene.Draft(forgotten)), Domain)!.Refused);
    }

    /// <summary>A window that too few members signed comes again, with the same receipts under another number.</summary>
    [Fact]
    public void ReceiptThatComesAgain_IsSignedAgain()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        var first = _scene.Voter.Answer(_scene.Window(draft), Domain)!;

        var again = _scene.Voter.Answer(_scene.Window(draft), Domain)!;

        Assert.Equal(first.Signature!.Value.ToArray(), again.Signature!.Value.ToArray());
    }

    /// <summary>Votes are compared within an epoch: in another one the same run could be in another receipt.</summary>
    [Fact]
    public void RunThatWasVotedOn_IsNotVotedOnInAnotherEpoch()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        var window = _scene.Window(draft);
        Assert.NotNull(_scene.Voter.Answer(window, Domain)!.Signature);

        foreach (var epoch in (ulong[])[window.Epoch - 1, window.Epoch + 1])
        {
            var vote = _scene.Voter.Answer(window with { Epoch = epoch }, Domain)!;

            Assert.Null(vote.Signature);
            Assert.Equal([draft.Job], vote.Refused);
        }
        Assert.NotNull(_scene.Voter.Answer(window, Domain)!.Signature);
    }

    [Fact]
    public void OtherReceiptOfAJob_IsRefusedAfterARestartAsWell()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        Assert.NotNull(_scene.Voter.Answer(_scene.Window(draft), Domain)!.Signature);
        _scene.Restart();
        var beside = _scene.Ran(2);
        _scene.Ran(1);

        var vote = _scene.Voter.Answer(_scene.Window(_scene.Draft(beside), draft with { EndedAt = draft.EndedAt + 100 }), Domain)!;

        Assert.Null(vote.Signature);
        Assert.Equal([draft.Job], vote.Refused);
    }

    /// <summary>The market never had the answer; the log did.</summary>
    [Fact]
    public void CrashBetweenLogAndAnswer_GivesTheSameSignature()
    {
        var window = _scene.Window(_scene.Draft(_scene.Ran(1)));
        var lost = _scene.Voter.Answer(window, Domain)!;
        _scene.Restart(crashed: true);
        _scene.Ran(1);

        var again = _scene.Voter.Answer(window, Domain)!;

        Assert.Equal(lost.Signature!.Value.ToArray(), again.Signature!.Value.ToArray());
    }

    [Fact]
    public void Share_IsOfOneListAnEpoch()
    {
        var request = new ShareRequest(CommitteeScene.Epoch, CommitteeScene.Word(1));
        var share = _scene.Voter.Share(request, Domain)!;
        Assert.True(
            Bls.Verify(
                BlsPublicKey.Read(_scene.Voter.KeyFor(Domain)!.Key.Span),
                EpochRandomness.OfShare(Domain, request.Epoch, request.Eligible).ToArray(),
                BlsSignature.Read(share.Share.Span)
            )
        );
        _scene.Restart(crashed: true);

        Assert.Equal(share.Share.ToArray(), _scene.Voter.Share(request, Domain)!.Share.ToArray());
        Assert.Null(_scene.Voter.Share(request with { Eligible = CommitteeScene.Word(2) }, Domain));
        Assert.NotNull(_scene.Voter.Share(request with { Epoch = CommitteeScene.Epoch + 1 }, Domain));
    }

    [Fact, TestsBound(typeof(VoteLogPolicy), nameof(VoteLogPolicy.EpochsKept))]
    public void EpochsThatAreOver_AreForgotten()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        ReceiptWindow Of(ulong epoch)
        {
            // A run is voted on in one epoch, so each has its own.
            _scene.Ran(1);
            return _scene.Window(draft) with { Epoch = epoch };
        }
        foreach (var epoch in Enumerable.Range((int)CommitteeScene.Epoch, VoteLogPolicy.EpochsKept))
        {
            Assert.NotNull(_scene.Voter.Answer(Of((ulong)epoch), Domain)!.Signature);
        }
        Assert.NotNull(_scene.Voter.Answer(Of(CommitteeScene.Epoch), Domain)!.Signature);

        _scene.Clock.Set(VoteLogPolicy.EpochStepMin);
        Assert.NotNull(_scene.Voter.Answer(Of(CommitteeScene.Epoch + VoteLogPolicy.EpochsKept), Domain)!.Signature);
        Assert.Equal([draft.Job], _scene.Voter.Answer(Of(CommitteeScene.Epoch), Domain)!.Refused);
    }

    /// <summary>A market that makes up an epoch gets nothing, and what is true goes on.</summary>
    [Fact]
    public void EpochThatCannotHaveBegun_IsNotVotedIn()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        var window = _scene.Window(draft) with { Epoch = 1ul << 62 };

        Assert.Equal([draft.Job], _scene.Voter.Answer(window, Domain)!.Refused);
        Assert.Null(_scene.Voter.Share(new ShareRequest(1ul << 62, CommitteeScene.Word(1)), Domain));
        Assert.NotNull(_scene.Voter.Answer(_scene.Window(draft), Domain)!.Signature);
    }

    [Fact]
    public void OtherMarket_GetsNoKeyAndNoVote()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        Assert.NotNull(_scene.Voter.KeyFor(Domain));
        _scene.Restart();
        _scene.Ran(1);

        Assert.Null(_scene.Voter.KeyFor(new MarketDomain(CommitteeScene.Word(0x72))));
        Assert.Equal([draft.Job], _scene.Voter.Answer(_scene.Window(draft), new MarketDomain(CommitteeScene.Word(0x72)))!.Refused);
    }

    /// <summary>One epoch must not have votes under two domains: the log is for the contract too, whatever else was lost.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    public void MarketThatMovedToAnotherContract_GetsNoKeyAndNoVote(ulong before, ulong after)
    {
        var (first, second) = (On(before), On(after));
        var draft = _scene.Draft(_scene.Ran(1));
        Assert.NotNull(_scene.Voter.KeyFor(first));
        Assert.NotNull(_scene.Voter.Answer(_scene.Window(draft), first)!.Signature);
        _scene.Restart();
        _scene.Ran(1);

        Assert.Equal([draft.Job], _scene.Voter.Answer(_scene.Window(draft), second)!.Refused);
        Assert.Null(_scene.Voter.Share(new ShareRequest(CommitteeScene.Epoch, CommitteeScene.Word(1)), second));
        Assert.Null(_scene.Voter.KeyFor(second));

        MarketDomain On(ulong chain) =>
            chain == 0
                ? Domain
                : Domain with
                {
                    ChainId = chain,
                    Contract = new EvmAddress(
                        new byte[19]
                            .Append((byte)1)
                            .ToArray()
                    ),
                };
    }

    [Fact, TestsBound(typeof(WorkerPolicy), nameof(WorkerPolicy.VotedRunsMax))]
    public void TooManyRuns_PushOutTheOldest_ThoseThatWereVotedOnFirst()
    {
        var runs = new KeptRuns();
        KeptRun Run(int number)
        {
            var lease = CommitteeScene.Lease(1) with
            {
                Id = new LeaseId(1, number),
                Job = new JobId(new Bytes32([.. BitConverter.GetBytes(number), .. new byte[28]])),
            };
            return new KeptRun(
                lease.Id,
                CommitteeScene.ExecutionOf(lease, CommitteeScene.ResultOf(CommitteeScene.Lease(1))),
                CommitteeScene.Price
            );
        }
        for (var number = 1; number <= WorkerPolicy.VotedRunsMax; number++)
        {
            runs.Add(Run(number));
        }
        runs.NoteVote(Run(2).Job, CommitteeScene.Epoch);
        Assert.All(new[] { 1, 2, 3 }, number => Assert.NotNull(runs.Find(Run(number).Job)));

        runs.Add(Run(WorkerPolicy.VotedRunsMax + 1));
        Assert.Null(runs.Find(Run(2).Job));
        Assert.NotNull(runs.Find(Run(1).Job));
        runs.Add(Run(WorkerPolicy.VotedRunsMax + 2));

        Assert.Null(runs.Find(Run(1).Job));
        Assert.Equal(WorkerPolicy.VotedRunsMax, runs.Count);
    }

    [Fact]
    public void DiskThatFails_EndsTheMembership()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        Assert.NotNull(_scene.Voter.KeyFor(Domain));
        _scene.Files.Fails = true;

        Assert.Equal([draft.Job], _scene.Voter.Answer(_scene.Window(draft), Domain)!.Refused);
        Assert.Null(_scene.Voter.KeyFor(Domain));
    }

    [Fact]
    public void WindowThatIsNone_IsNotAnswered()
    {
        var draft = _scene.Draft(_scene.Ran(1));
        ReceiptWindow[] windows =
        [
            _scene.Window(),
            _scene.Window([.. Enumerable.Repeat(draft, WorkerLimits.WindowReceiptsMax + 1)]),
            _scene.Window([null!]),
            _scene.Window(draft with { Seats = [null!] }),
            _scene.Window(draft with { Shares = [.. Enumerable.Repeat(draft.Shares[0], Assurance.CommitteeSeatsMax + 1)] }),
        ];

        Assert.All(windows, window => Assert.Null(_scene.Voter.Answer(window, Domain)));
    }

    [Fact]
    public void LogThatCannotBeUsed_IsToldWithItsFile_AndTheWorkerServesInNone()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            using var key = new Ed25519KeyPair(new byte[32]);
            var log = new ErrorLog();
            using (var first = CommitteeVoter.Open(folder.FullName, key, _scene.PayTo, TimeProvider.System, log))
            {
                Assert.NotNull(first);
                Assert.Null(CommitteeVoter.Open(folder.FullName, key, _scene.PayTo, TimeProvider.System, log));
                Assert.Contains(folder.FullName, Assert.Single(log.Errors), StringComparison.Ordinal);
            }
            var file = Path.Combine(folder.FullName, VoteLog.Name);
            var bytes = File.ReadAllBytes(file);
            bytes[20] ^= 1;
            File.WriteAllBytes(file, bytes);

            Assert.Null(CommitteeVoter.Open(folder.FullName, key, _scene.PayTo, TimeProvider.System, log));
            Assert.Contains(file, log.Errors[1], StringComparison.Ordinal);
            Assert.Contains("Move the files", log.Errors[1], StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private string Sign(Bytes32 digest) => Convert.ToHexStringLower(_market.Sign(digest.ToArray()));

    private CommitteeMember MemberOf(BlsSecretKey bls, byte seed)
    {
        using var key = new Ed25519KeyPair([.. Enumerable.Repeat(seed, 32)]);
        var worker = new WorkerId(key.PublicKey);
        var digest = BatchDigest.OfRegistration(Domain, worker, bls.PublicKey.Bytes);
        var possession = bls.ProvePossession().Bytes.ToArray();
        return MemberOf(worker, new CommitteeKey(bls.PublicKey.Bytes.ToArray(), possession, key.Sign(digest.ToArray())));
    }

    private static CommitteeMember MemberOf(WorkerId worker, CommitteeKey key) =>
        new()
        {
            Worker = worker,
            BlsKey = Convert.ToHexStringLower(key.Key.Span),
            Possession = Convert.ToHexStringLower(key.Possession.Span),
            Registration = Convert.ToHexStringLower(key.Registration.Span),
            Weight = new TokenAmount(10),
        };

    /// <summary>With all three seated, so that the seats are enough.</summary>
    private ReceiptDraft With(ReceiptDraft draft, WorkerId other)
    {
        using var third = new Ed25519KeyPair([.. Enumerable.Repeat((byte)0x82, 32)]);
        var cost = draft.Shares[0].Amount;
        WorkerId[] workers = [_scene.Worker, other, new WorkerId(third.PublicKey)];
        return draft with
        {
            Seats = [.. workers.Order().Select(worker => new ReceiptSeat(worker, CommitteeScene.Price))],
            Price = new TokenAmount(3 * cost.BaseUnits),
            Shares = [draft.Shares[0], new ReceiptShare(new AccountId(other.Value), new TokenAmount(2 * cost.BaseUnits))],
        };
    }

    private sealed class ErrorLog : ILogger
    {
        public List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (logLevel == LogLevel.Error)
            {
                Errors.Add(formatter(state, exception));
            }
        }
    }
}
