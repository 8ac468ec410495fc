using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>What is stored is read back as it was, and damaged bytes are told from sound ones.</summary>
public sealed class CodecTests
{
    [Fact]
    public void Primitives_AreReadBack()
    {
        var writer = new CompactWriter(1);
        ulong[] numbers = [0, 1, 127, 128, 16_383, 16_384, ulong.MaxValue];
        long[] signed = [0, -1, 1, long.MinValue, long.MaxValue];
        UInt128[] amounts = [0, 1, 127, 128, UInt128.MaxValue, UInt128.One << 126];
        foreach (var number in numbers)
        {
            writer.Number(number);
        }
        foreach (var number in signed)
        {
            writer.Signed(number);
        }
        foreach (var amount in amounts)
        {
            writer.Amount(new TokenAmount(amount));
        }
        writer.Text("tœxt");
        writer.OptionalText(null);
        writer.Time(DateTimeOffset.MaxValue);

        var reader = new CompactReader(writer.Written);
        foreach (var number in numbers)
        {
            Assert.Equal(number, reader.Number());
        }
        foreach (var number in signed)
        {
            Assert.Equal(number, reader.Signed());
        }
        foreach (var amount in amounts)
        {
            Assert.Equal(amount, reader.Amount().BaseUnits);
        }
        Assert.Equal("tœxt", reader.Text());
        Assert.Null(reader.OptionalText());
        Assert.Equal(DateTimeOffset.MaxValue, reader.Time());
        reader.End();
    }

    [Fact]
    public void Reputation_IsReadBack_AndEveryCutIsFound()
    {
        var id = new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var fault = new Fault(new JobId(id), at, new TokenAmount(9), "late");
        var state = ReputationRules.Record(
            ReputationState.Unknown,
            new OutcomeBatch("wasm", Start: 5, Sequence: 6, Kept: 7, new TokenAmount(80), [fault]),
            at
        );
        state = ReputationRules.WithAppeal(state, new AppealRequest("a", [fault.Job], "no"), at);
        state = ReputationRules.WithAppeal(state, new AppealRequest("b", [fault.Job], "nor"), at);
        state = ReputationRules.WithDecision(state, state.Appeals[0], new AppealDecision("a", false, "yes"), at);
        state = state with { InMaintenance = true };
        var bytes = ReputationState.Write(state).ToArray();

        Assert.Equal(bytes, ReputationState.Write(ReputationState.Read(bytes)).ToArray());
        Assert.Equal(
            (state.Long, state.Recent, 7, 1),
            (ReputationState.Read(bytes).Long, ReputationState.Read(bytes).Recent, state.Kept, state.Faulted)
        );
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ReputationState.Read(bytes.AsSpan(0, length)));
        }
        // The first version, read for ever.
        Assert.Equal(FirstReputation, Convert.ToHexString(bytes));
    }

    private const string FirstReputation =
        "01D6F63BB06DE40CD6F63BB06DE40C0B0E02010107070707070707070707070707070707070707070707070707070707070707078000B7"
        + "96AB49DE0809046C617465E40C0201618000B796AB49DE0801070707070707070707070707070707070707070707070707070707070707"
        + "07078000B796AB49DE0809046C617465026E6F0100037965738000B796AB49DE0801628000B796AB49DE08010707070707070707070707"
        + "0707070707070707070707070707070707070707078000B796AB49DE0809046C617465036E6F720001047761736D0A0C";

    [Fact]
    public void Job_IsReadBack_AndEveryCutIsFound()
    {
        var bytes = JobStateCodec.Write(EndedJob()).ToArray();

        Assert.Equal(bytes, JobStateCodec.Write(JobStateCodec.Read(bytes)).ToArray());
        Assert.Empty(JobInvariants.Violations(JobStateCodec.Read(bytes)));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => JobStateCodec.Read(bytes.AsSpan(0, length)));
        }
        Assert.Throws<InvalidDataException>(() => JobStateCodec.Read([.. bytes, 0]));
    }

    [Fact]
    public void JobWithFiles_IsReadBack_AndEveryCutIsFound()
    {
        var bytes = JobStateCodec.Write(EndedJob(WithFiles(TestMarket.Spec(default)), Output())).ToArray();
        var read = JobStateCodec.Read(bytes);

        Assert.Equal(["a/b", "c"], read.Spec.Files.Select(file => file.Name));
        Assert.Equal([new EnvironmentVariable("A", ""), new EnvironmentVariable("B", "b")], read.Spec.Environment);
        Assert.Equal(
            new OutputFile("x/y", new BlobId(new Bytes32([.. Enumerable.Repeat((byte)9, 32)])), 7),
            Assert.Single(read.Ending!.End.Output.Files)
        );
        Assert.Equal(bytes, JobStateCodec.Write(read).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => JobStateCodec.Read(bytes.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(false, 0, 0, "none")]
    [InlineData(true, 0, 0, "audit:12.5%")]
    [InlineData(true, 7, 0, "quorum:2/3")]
    [InlineData(true, 7, 500, "committee:16")]
    [InlineData(false, 0, 500, "none")]
    public void JobWithNeeds_IsReadBack_AndEveryCutIsFound(bool allowsNewcomers, int priority, int auctionMs, string assurance)
    {
        var needs = new JobNeeds(
            Labels: ["gpu", "region=eu"],
            ReputationMin: 900,
            StakeMin: new TokenAmount(7),
            RefusedWorkers: [new WorkerId(new Bytes32([.. Enumerable.Repeat((byte)3, 32)]))],
            RefusedOwners: [new AccountId(new Bytes32([.. Enumerable.Repeat((byte)4, 32)]))],
            AllowsNewcomers: allowsNewcomers
        );
        var bytes = JobStateCodec
            .Write(
                EndedJob(
                    WithFiles(TestMarket.Spec(default)) with
                    {
                        Needs = needs,
                        Priority = priority,
                        Auction = TimeSpan.FromMilliseconds(auctionMs),
                        Group = auctionMs > 0 ? new JobGroupTerms("g", GroupSpread.Owner) : null,
                        Assurance = Assurance.Parse(assurance),
                        Reuse = allowsNewcomers,
                    },
                    Output()
                )
            )
            .ToArray();
        var read = JobStateCodec.Read(bytes).Spec.Needs!;
        Assert.Equal((allowsNewcomers, priority), (read.AllowsNewcomers, JobStateCodec.Read(bytes).Spec.Priority));
        Assert.Equal(auctionMs > 0 ? new JobGroupTerms("g", GroupSpread.Owner) : null, JobStateCodec.Read(bytes).Spec.Group);
        Assert.Equal(TimeSpan.FromMilliseconds(auctionMs), JobStateCodec.Read(bytes).Spec.Auction);
        Assert.Equal(assurance, JobStateCodec.Read(bytes).Spec.Assurance.ToString());
        Assert.Equal(allowsNewcomers, JobStateCodec.Read(bytes).Spec.Reuse);

        Assert.Equal(needs.Labels, read.Labels);
        Assert.Equal((needs.ReputationMin, needs.StakeMin), (read.ReputationMin, read.StakeMin));
        Assert.Equal(needs.RefusedWorkers, read.RefusedWorkers);
        Assert.Equal(needs.RefusedOwners, read.RefusedOwners);
        Assert.Equal(bytes, JobStateCodec.Write(JobStateCodec.Read(bytes)).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => JobStateCodec.Read(bytes.AsSpan(0, length)));
        }
    }

    /// <summary>
    /// The bytes of a job without files are those that were stored before there were any, and so is the hash of its spec.
    /// </summary>
    [Fact]
    public void JobFromBeforeThereWereFiles_IsReadAndWrittenUnchanged()
    {
        const string Stored =
            "0100000000000000000000000000000000000000000000000000000000000000000772657175657374000000000000000000000000000000"
            + "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000010080b5f7f57f"
            + "9f080080b5f7f57f9f0800000000000000000000000000000000000000000000000000000000000000000002696e00020161016280897a10"
            + "8084af5f640280f085da2c0100ade6f8f57f9f080505011d010b756e726561636861626c6501070707070707070707070707070707070707"
            + "07070707070707070707070707070100000000000000000000000000000000000000000000000000000000000000000ac0843d0000000201"
            + "020100000000000000000000000000000000000000000000000000000000000000000003000080b5f7f57f9f0800000280164ef8f57f9f08"
            + "01070707070707070707070707070707070707070707070707070707070707070701046e6f74650500ade6f8f57f9f080107070707070707"
            + "070707070707070707070707070707070707070707070707070003776f6e0107070707070707070707070707070707070707070707070707"
            + "070707070707070a01056368656170";
        const string Hash = "7602b0f7fff6f4e0e6045d6bc56f6624ff1d19cb3b75ccb85880ceab87661772";
        Assert.Equal(Stored, Convert.ToHexStringLower(JobStateCodec.Write(EndedJob()).Span));
        Assert.Equal(Hash, JobSpecCodec.Hash(EndedJob().Spec).ToString());
        Assert.Empty(JobStateCodec.Read(Convert.FromHexString(Stored)).Spec.Files);
        Assert.Null(JobStateCodec.Read(Convert.FromHexString(Stored)).ToView(default).ExitCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void ExitCode_IsReadBack_AndEveryCutIsFound(int exitCode)
    {
        var job = EndedJob();
        var exited = job with { Ending = job.Ending! with { End = job.Ending.End with { ExitCode = exitCode } } };
        var bytes = JobStateCodec.Write(exited).ToArray();
        var read = JobStateCodec.Read(bytes);

        // A build from before there were exit codes refuses it by its version.
        Assert.Equal(2, bytes[0]);
        Assert.Equal((JobStatus.Failed, exitCode), (read.Status, read.Ending!.End.ExitCode));
        Assert.Equal(exitCode, read.ToView(default).ExitCode);
        Assert.Equal(bytes, JobStateCodec.Write(read).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => JobStateCodec.Read(bytes.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void ProofOfARun_IsReadBack_AndEveryCutIsFound(bool isFull, bool withRefusals)
    {
        var proof = Proof(isFull);
        var job = EndedJob() with { Refusals = withRefusals ? new RefusalList([], [new AccountId(TestKeys.Profile)]) : null };
        var proved = job with { Ending = job.Ending! with { End = job.Ending.End with { Proof = proof } } };
        var bytes = JobStateCodec.Write(proved).ToArray();
        var read = JobStateCodec.Read(bytes).Ending!.End.Proof!;

        // A build from before there were proofs refuses it by its version.
        Assert.Equal(4, bytes[0]);
        Assert.Equal((proof.Outcome, proof.RootBefore, proof.Writes), (read.Outcome, read.RootBefore, read.Writes));
        Assert.Equal((proof.Signed.Profile, proof.Signed.RootAfter), (read.Signed.Profile, read.Signed.RootAfter));
        Assert.Equal(proof.Signed.Signature.ToArray(), read.Signed.Signature.ToArray());
        Assert.Equal(proof.Signed.Path.ToArray(), read.Signed.Path.ToArray());
        Assert.Equal(proof.Signed.LeftSides, read.Signed.LeftSides);
        Assert.Equal(proof.Refused?.Content, read.Refused?.Content);
        Assert.Equal(proof.Refused?.Files.ToArray(), read.Refused?.Files.ToArray());
        Assert.Equal(bytes, JobStateCodec.Write(JobStateCodec.Read(bytes)).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => JobStateCodec.Read(bytes.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 16)]
    public void ReuseOfAReceipt_IsReadBack_AndEveryCutIsFound(bool withRefusals, int executors)
    {
        var job = EndedJob() with { Refusals = withRefusals ? new RefusalList([], [new AccountId(TestKeys.Profile)]) : null };
        var reuse = new JobReuse(
            Job: new JobId(TestKeys.Profile),
            Receipt: TestKeys.Profile,
            Percent: 20,
            Price: new TokenAmount(UInt128.MaxValue),
            Executors: [.. Enumerable.Range(0, executors).Select(number => TestMarket.Id($"{number}"))],
            Author: TestMarket.Id("author")
        );
        var end = job.Ending!.End with { Worker = null, Proof = Proof(isFull: false), Reuse = reuse };
        var bytes = JobStateCodec.Write(job with { Ending = job.Ending with { End = end } }).ToArray();
        var read = JobStateCodec.Read(bytes);

        // A build from before jobs were answered refuses it by its version.
        Assert.Equal(7, bytes[0]);
        Assert.Equal(reuse.Executors.ToArray(), read.Ending!.End.Reuse!.Executors.ToArray());
        Assert.Equal(reuse, read.Ending.End.Reuse with { Executors = reuse.Executors });
        Assert.Equal((reuse.Job, withRefusals), (read.ToView(default).ReusedJob, read.Refusals is not null));
        Assert.Equal(bytes, JobStateCodec.Write(read).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => JobStateCodec.Read(bytes.AsSpan(0, length)));
        }
    }

    private static RunProof Proof(bool isFull) =>
        new(
            Outcome: RunOutcome.Completed,
            RootBefore: isFull ? new StateRoot(TestKeys.Profile) : null,
            Writes: isFull ? TestKeys.Profile : default,
            Signed: new RunSignature(
                TestKeys.Profile,
                isFull ? default(StateRoot) : null,
                Enumerable.Repeat((byte)5, 64).ToArray(),
                isFull ? [TestKeys.Profile, default] : [],
                isFull ? 2u : 0
            ),
            Refused: isFull ? new RefusedOutput(new BlobId(TestKeys.Profile), Output().Files) : null
        );

    [Theory]
    [InlineData(null, 1)]
    [InlineData(3, 2)]
    public async Task CommitAndKeptRun_HaveTheVersionOfItsEnd(int? exitCode, byte version)
    {
        var end = EndedJob().Ending!.End with { ExitCode = exitCode, RootAfter = default(StateRoot) };
        var run = new RunCommitted(new JobId(default), [], end, [], DateTimeOffset.UnixEpoch);
        var commit = RunCommitted.Write(run).ToArray();
        var state = ProgramState.Empty();
        await state.Apply(run);
        var kept = state.WriteRuns().ToArray();
        var read = ProgramState.Empty();
        read.ReadRuns(kept);

        Assert.Equal((version + 2, version), (commit[0], kept[0]));
        Assert.Equal((exitCode, run.At), (RunCommitted.Read(commit).End.ExitCode, RunCommitted.Read(commit).At));
        Assert.Equal(exitCode, read.FindRun(run.Job)!.ExitCode);
        for (var length = 1; length < kept.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ProgramState.Empty().ReadRuns(kept.AsSpan(0, length)));
        }
    }

    [Fact]
    public void DamagedJob_IsReadOrRefused_NeverAnythingElse()
    {
        var bytes = JobStateCodec.Write(EndedJob()).ToArray();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                _ = JobStateCodec.Read(bytes);
            }
            catch (InvalidDataException)
            {
                // The other allowed answer.
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Spec_HasOneHashThatEveryFieldChanges()
    {
        var spec = TestMarket.Spec(default);
        JobSpec[] others =
        [
            spec with
            {
                Program = new ProgramId(new Bytes32([.. Enumerable.Repeat((byte)1, 32)])),
            },
            spec with
            {
                EntryPoint = "",
            },
            spec with
            {
                Input = default,
            },
            spec with
            {
                InputBlob = default(BlobId),
            },
            spec with
            {
                Arguments = [""],
            },
            spec with
            {
                FuelMax = 1,
            },
            spec with
            {
                MemoryPagesMax = 1,
            },
            spec with
            {
                TimeMax = TimeSpan.FromSeconds(1),
            },
            spec with
            {
                PriceMax = default,
            },
            spec with
            {
                RetriesMax = 0,
            },
            spec with
            {
                ExpiresAfter = TimeSpan.FromSeconds(1),
            },
            spec with
            {
                Files = [new InputFile("a", default)],
            },
            spec with
            {
                Environment = [new EnvironmentVariable("a", "")],
            },
            WithFiles(spec),
        ];

        Assert.Equal(JobSpecCodec.Hash(spec), JobSpecCodec.Hash(spec with { Input = spec.Input.ToArray() }));
        Assert.Equal(others.Length + 1, others.Append(spec).Select(JobSpecCodec.Hash).Distinct().Count());
    }

    [Fact]
    public void Summary_IsReadBack()
    {
        var row = new JobProjection().Project(default(JobId).ToString(), JobStateCodec.Write(EndedJob()).Span, out var ended)!;
        Assert.True(ended);
        Assert.Equal(("failed", DateTimeOffset.UnixEpoch), (row.State, row.At));
        Assert.Equal(
            new JobSummary(
                Id: default,
                RequestId: "request",
                Program: default,
                Status: JobStatus.Failed,
                Code: ErrorCode.ProgramTrapped,
                SubmittedAt: DateTimeOffset.UnixEpoch,
                EndedAt: DateTimeOffset.UnixEpoch.AddSeconds(2),
                FuelUsed: 500_000,
                Charge: new TokenAmount(5)
            ),
            JobProjection.Read(row)
        );
    }

    /// <summary>Rows are not made anew by a new build: their summaries are what earlier builds wrote.</summary>
    [Fact]
    public void Summaries_HaveTheBytesOfEarlierBuilds()
    {
        var id = new Bytes32(Enumerable.Repeat((byte)7, Bytes32.Size).ToArray());
        Assert.Equal(
            $"01_0772657175657374_{default(Bytes32)}_1d_01_00ade6f8f57f9f08_c0843d_05".Replace("_", ""),
            SummaryOf(new JobProjection(), JobStateCodec.Write(EndedJob()))
        );
        Assert.Equal(
            $"01_0772657175657374_{default(Bytes32)}_00_00_00_00".Replace("_", ""),
            SummaryOf(new JobProjection(), JobStateCodec.Write(EndedJob() with { Ending = null }))
        );
        Assert.Equal(
            $"01{id}16",
            SummaryOf(new BlobPinProjection(), BlobPin.Write(new BlobPin(new BlobId(id), default, 11, DateTimeOffset.UnixEpoch)))
        );
        var program = new ProgramView(
            Id: default,
            Module: new BlobId(id),
            ModuleSize: 11,
            Name: "echo",
            Deployer: default,
            DeployedAt: DateTimeOffset.UnixEpoch,
            Abi: "wasi",
            EntryPoints: [],
            Imports: [],
            UsesState: false
        );
        Assert.Equal(
            $"01_046563686f_{id}_16_0477617369".Replace("_", ""),
            SummaryOf(new ProgramProjection(), ProgramCodec.Write(new DeployedState(program, [default], IsRemoved: false)))
        );
    }

    private static string SummaryOf(IProjection projection, ReadOnlyMemory<byte> document) =>
        Convert.ToHexStringLower(projection.Project("id", document.Span, out _)!.Summary.Span);

    private static JobSpec WithFiles(JobSpec spec) =>
        spec with
        {
            Files = [new InputFile("a/b", default), new InputFile("c", new BlobId(new Bytes32([.. Enumerable.Repeat((byte)3, 32)])))],
            Environment = [new EnvironmentVariable("A", ""), new EnvironmentVariable("B", "b")],
        };

    private static JobOutput Output() =>
        new("out"u8.ToArray(), null, 3, [new OutputFile("x/y", new BlobId(new Bytes32([.. Enumerable.Repeat((byte)9, 32)])), 7)]);

    internal static JobState EndedJob() => EndedJob(TestMarket.Spec(default), default);

    internal static JobState EndedJob(JobSpec spec, JobOutput output)
    {
        var worker = new WorkerId(new Bytes32([.. Enumerable.Repeat((byte)7, 32)]));
        var job = JobState.Create(
            new JobSubmission(default, "request", spec with { Arguments = ["a", "b"] }, default, true, DateTimeOffset.UnixEpoch),
            default,
            DateTimeOffset.UnixEpoch
        );
        var end = new JobEnd(
            Status: JobStatus.Failed,
            Fault: JobFault.Program,
            Code: ErrorCode.ProgramTrapped,
            Reason: "unreachable",
            Worker: worker,
            Payee: default(AccountId),
            PricePerMillionFuel: new TokenAmount(10),
            FuelUsed: 500_000,
            Output: output,
            Log: new byte[] { 1, 2 },
            RootBefore: default(StateRoot),
            RootAfter: null,
            History: [new JobEvent(JobStatus.Running, DateTimeOffset.UnixEpoch.AddSeconds(1), worker, "note")],
            Explanation: new JobExplanation("won", [new OfferVerdict(worker, new TokenAmount(10), true, "cheap")])
        );
        return job.EndWith(end, DateTimeOffset.UnixEpoch.AddSeconds(2));
    }
}
