using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Tests.Worker.Committees;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker.Voting;

/// <summary>A member of a committee of three whose disk may fail, and what a market asks of it.</summary>
internal sealed class CommitteeScene : IDisposable
{
    public const ulong Epoch = 7;

    private readonly Ed25519KeyPair _key = new([.. Enumerable.Repeat((byte)0x31, 32)]);
    private readonly IVoteFiles _files;
    private long _windows;

    /// <param name="files">Where its votes are; null: <see cref="Files"/>.</param>
    public CommitteeScene(IVoteFiles? files = null)
    {
        _files = files ?? Files;
        Voter = Open();
    }

    public CrashingVoteFiles Files { get; } = new(new Random(1));

    public SettableTime Clock { get; } = new(TimeProvider.System);

    public CommitteeVoter Voter { get; private set; }

    public WorkerId Worker => new(_key.PublicKey);

    public AccountId PayTo { get; } = new(Word(0x41));

    public static TokenAmount Price { get; } = new(3_000_000);

    public static TokenAmount Limit { get; } = new(UInt128.MaxValue);

    /// <summary>The other member whose result is the same.</summary>
    public static WorkerId Other { get; } = new(Word(0xF1));

    public static Bytes32 Word(byte value) => new([.. Enumerable.Repeat(value, Bytes32.Size)]);

    /// <summary>The process ends and starts again on what the disk has. What it ran is lost with it.</summary>
    public void Restart(bool crashed = false)
    {
        Voter.Dispose();
        if (crashed)
        {
            Files.Reboot();
        }
        Voter = Open();
    }

    /// <summary>A lease of a member, for a job of its own.</summary>
    public static WorkerLease Lease(byte job) => ProtocolSamples.Lease(job) with { VotedOn = true, PricePerMillionFuel = Price };

    public static WorkerResult ResultOf(WorkerLease lease) => ProtocolSamples.Result((int)lease.Id.Sequence) with { ExitCode = 0 };

    /// <summary>The member has run it.</summary>
    public WorkerLease Ran(byte job)
    {
        var lease = Lease(job);
        Voter.Keep(lease.Id, ExecutionOf(lease, ResultOf(lease)), Price);
        return lease;
    }

    public static Execution ExecutionOf(WorkerLease lease, WorkerResult result) =>
        ExecutionClaims.ExecutionOf(lease, result, result.Profile!.Value);

    /// <summary>What the market says of the job beside that.</summary>
    public ReceiptDraft Draft(WorkerLease lease, WorkerResult? result = null)
    {
        var cost = FuelPrice.Cost((ulong)(result ?? ResultOf(lease)).FuelUsed, Price, Limit);
        return new ReceiptDraft(
            Job: lease.Job,
            Payer: new AccountId(Word(0x51)),
            Seats: [.. new[] { Worker, Other }.Order().Select(worker => new ReceiptSeat(worker, Price))],
            Assurance: "committee:3",
            State: "completed",
            Fault: "none",
            PriceLimit: Limit,
            Price: new TokenAmount(2 * cost.BaseUnits),
            Shares: [new ReceiptShare(PayTo, cost), new ReceiptShare(new AccountId(Other.Value), cost)],
            EndedAt: 1_767_323_046_500_000_000
        );
    }

    public ReceiptWindow Window(params ReceiptDraft[] drafts) => new(++_windows, Epoch, Word(0x61), drafts);

    /// <summary>The receipt as the market has it.</summary>
    public static Receipt ReceiptOf(ReceiptDraft draft, Execution execution) =>
        new()
        {
            Execution = execution,
            Payer = draft.Payer,
            Seats = [.. draft.Seats.Select(seat => new Seat(seat.Worker, seat.UnitPrice))],
            Assurance = draft.Assurance,
            State = draft.State,
            Fault = draft.Fault,
            PriceLimit = draft.PriceLimit,
            Price = draft.Price,
            Shares = [.. draft.Shares.Select(share => new PaidShare(share.Account, share.Amount))],
            Epoch = Epoch,
            EndedAt = draft.EndedAt,
        };

    public void Dispose()
    {
        Voter.Dispose();
        _key.Dispose();
    }

    private CommitteeVoter Open() =>
        new(
            VoteLog.Exists(_files)
                ? VoteLog.Open(_files, Worker, Clock)
                : VoteLog.Create(_files, BlsSecretKey.FromSeed([.. Enumerable.Repeat((byte)0x32, 32)]), Worker, Clock),
            files: null,
            _key,
            PayTo,
            NullLogger.Instance
        );
}
