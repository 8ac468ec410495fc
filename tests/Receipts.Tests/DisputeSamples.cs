using Marketplace.Crypto;

namespace Marketplace.Receipts.Tests;

/// <summary>A dispute in which every member says something, made with fixed keys. DISPUTE.md shows it.</summary>
internal static class DisputeSamples
{
    /// <summary>Jurors of the example: two would do.</summary>
    private const int Lead = 2;

    public static RunResult Right => Samples.Execution.Result;

    public static RunResult Wrong { get; } = Right with { Output = IdDerivation.Blob("LIE"u8), OutputFiles = [], Fuel = 7 };

    public static RunResult Late { get; } =
        RunResult.Nothing with
        {
            Profile = Right.Profile,
            Outcome = "timed_out",
            Fuel = 5,
            StateBefore = Right.StateBefore,
            StateAfter = Right.StateBefore,
        };

    /// <summary>Two seats lied, one was right. Of the jurors one was too slow, and three were right, for 13, 13 and 14.</summary>
    public static Dispute Dispute { get; } =
        new()
        {
            Invocation = Samples.Execution.Invocation,
            Payer = new AccountId(Samples.Word(6)),
            PriceLimit = new TokenAmount(1000),
            Assurance = "quorum:2/3",
            Results = [Wrong, Right, Late],
            Votes =
            [
                Vote(0, DisputeVote.Seat, Wrong),
                Vote(1, DisputeVote.Seat, Right),
                Vote(2, DisputeVote.Seat, Wrong),
                Vote(3, DisputeVote.Juror, Late),
                Vote(4, DisputeVote.Juror, Right),
                Vote(5, DisputeVote.Juror, Right),
                Vote(6, DisputeVote.Juror, Right, unitPrice: 110),
            ],
            Accepted = ExecutionOf(Wrong),
            State = DisputeStates.Settled,
            Reason = "",
            Lead = Lead,
            Verdict = ExecutionOf(Right),
            Slashings =
            [
                .. new[]
                {
                    new Slashing(WorkerOf(0), new TokenAmount(1020), [Share(4, 13), Share(5, 7), Payer(1000)]),
                    new Slashing(WorkerOf(2), new TokenAmount(25), [Share(5, 6), Share(6, 14), Payer(5)]),
                }.OrderBy(slashing => slashing.Worker.Value),
            ],
            OpenedAt = 1_767_323_046_500_000_000,
            DecidedAt = 1_767_323_049_000_000_000,
        };

    /// <summary>The same while its jury runs the job: nothing is told of what the seats gave.</summary>
    public static Dispute Open { get; } =
        Dispute with
        {
            Results = [],
            Votes = [.. Dispute.Votes.Take(3).Select(vote => vote with { Execution = default })],
            Accepted = default,
            State = DisputeStates.Open,
            Reason = "4 of at most 63 jurors have a result",
            Verdict = default,
            Slashings = [],
            DecidedAt = 0,
        };

    public static DisputeFile File { get; } = Sign(Dispute);

    /// <summary>Signed by all workers, each for itself, and by the market.</summary>
    public static DisputeFile Sign(Dispute dispute) =>
        new()
        {
            Format = DisputeFile.FormatName,
            Domain = Samples.Domain,
            Dispute = dispute,
            WorkerSignatures = [.. dispute.Votes.Select(SignatureOf)],
            MarketSignature = Samples.Sign(Samples.MarketKey, DisputeDigest.Of(Samples.Domain, dispute.Hash())),
        };

    public static DisputeVote Vote(int worker, string role, RunResult result, int unitPrice = 100) =>
        new(WorkerOf(worker), role, new TokenAmount((UInt128)unitPrice), ExecutionOf(result));

    public static Bytes32 ExecutionOf(RunResult result) => Execution.Hash(Samples.Execution.Invocation.Hash(), result);

    public static WorkerId WorkerOf(int number) => new(KeyOf(number).PublicKey);

    private static PaidShare Share(int worker, int amount) =>
        new(new AccountId(Samples.Word((byte)(0x20 + worker))), new TokenAmount((UInt128)amount));

    private static PaidShare Payer(int amount) => new(new AccountId(Samples.Word(6)), new TokenAmount((UInt128)amount));

    private static Ed25519KeyPair KeyOf(int number) => new(Enumerable.Repeat((byte)(0x60 + number), Ed25519.SeedSize).ToArray());

    private static WorkerSignature SignatureOf(DisputeVote vote)
    {
        var number = Enumerable.Range(0, 16).First(number => WorkerOf(number) == vote.Worker);
        // The first signed a batch, all others this execution alone.
        var batch = number == 0 ? new MerkleBatch([Samples.Word(8), vote.Execution, Samples.Word(9)]) : new MerkleBatch([vote.Execution]);
        return new WorkerSignature
        {
            Path = [.. batch.PathOf(number == 0 ? 1 : 0).Select(PathStep.Of)],
            Signature = Samples.Sign(KeyOf(number), BatchDigest.OfExecutions(Samples.Domain, batch.Root)),
        };
    }
}
