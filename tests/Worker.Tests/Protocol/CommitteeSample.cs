using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Tests.Worker.Committees;
using Marketplace.Tests.Worker.Voting;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker;

/// <summary>What PROTOCOL.md's worker signs as a member of a committee: its share of epoch 7, and the receipt of result 1.</summary>
internal sealed class CommitteeSample : IDisposable
{
    private const ulong Epoch = 7;

    private readonly CommitteeVoter _voter;

    public CommitteeSample(Ed25519KeyPair worker, MarketDomain domain)
    {
        var bls = BlsSecretKey.FromSeed([.. Enumerable.Range(0xC0, 32).Select(value => (byte)value)]);
        var id = new WorkerId(worker.PublicKey);
        var votes = VoteLog.Create(new CrashingVoteFiles(new Random(1)), bls, id, TimeProvider.System);
        var payTo = new AccountId(worker.PublicKey);
        _voter = new CommitteeVoter(votes, files: null, worker, payTo, NullLogger.Instance);
        var (lease, result) = (ProtocolSamples.Lease(1), ProtocolSamples.Result(1));
        var (unitPrice, price) = (new TokenAmount(5_000), new TokenAmount(6));
        var execution = ExecutionClaims.ExecutionOf(lease, result, result.Profile!.Value);
        _voter.Keep(lease.Id, execution, unitPrice);
        var draft = new ReceiptDraft(
            Job: lease.Job,
            Payer: new AccountId(Word(0xDD)),
            Seats: [new ReceiptSeat(id, unitPrice)],
            Assurance: "committee:3",
            State: "completed",
            Fault: "none",
            PriceLimit: new TokenAmount(1_000),
            Price: price,
            Shares: [new ReceiptShare(payTo, price)],
            EndedAt: Invocation.Nanoseconds(ProtocolSamples.At.AddSeconds(2))
        );
        Key = _voter.KeyFor(domain)!;
        Duties = new CommitteeDuties
        {
            Share = new ShareRequest(Epoch, Word(0xEE)),
            Windows = [new ReceiptWindow(1, Epoch, Word(0xFF), [draft])],
        };
        ShareDigest = EpochRandomness.OfShare(domain, Epoch, Duties.Share.Eligible);
        Receipt = CommitteeScene.ReceiptOf(draft, execution).Hash();
        WindowDigest = BatchDigest.OfCommitteeReceipts(domain, Duties.Windows[0].Committee, Receipt);
        Frame = new LinkFrame
        {
            Call = 3,
            Vote = new CommitteeVotes(id)
            {
                Votes = [_voter.Answer(Duties.Windows[0], domain)!],
                Shares = [_voter.Share(Duties.Share, domain)!],
            },
        };
    }

    public CommitteeKey Key { get; }

    public CommitteeDuties Duties { get; }

    public Bytes32 ShareDigest { get; }

    public Bytes32 Receipt { get; }

    public Bytes32 WindowDigest { get; }

    public LinkFrame Frame { get; }

    public void Dispose() => _voter.Dispose();

    private static Bytes32 Word(byte value) => new([.. Enumerable.Repeat(value, Bytes32.Size)]);
}
