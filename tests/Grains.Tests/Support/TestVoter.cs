using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Support;

/// <summary>A member of committees: signs the receipts of what it ran itself, and remembers what it signed.</summary>
/// <param name="domain">Null: that of a market which settles nowhere.</param>
internal sealed class TestVoter(string name, MarketDomain? domain = null)
{
    private BlsSecretKey _key = KeyOf($"bls {name}");
    private readonly Dictionary<JobId, Execution> _executions = [];
    private readonly Dictionary<(ulong Epoch, JobId Job), Bytes32> _votes = [];

    public string Name => name;

    public WorkerId Worker { get; } = new(TestKeys.Of(name).PublicKey);

    public CommitteeKey Key =>
        new(
            _key.PublicKey.Bytes.ToArray(),
            _key.ProvePossession().Bytes.ToArray(),
            TestKeys.Of(name).Sign(BatchDigest.OfRegistration(Domain, Worker, _key.PublicKey.Bytes).ToArray())
        );

    /// <summary>It asks for no work any more.</summary>
    public bool IsAway { get; set; }

    /// <summary>It answers no window.</summary>
    public bool IsSilent { get; set; }

    /// <summary>It signs something else.</summary>
    public bool Forges { get; set; }

    /// <summary>Windows that it has signed.</summary>
    public int Windows { get; private set; }

    /// <summary>Two receipts of a job in one epoch, or two lists: it signed the first and refused the other.</summary>
    public int Contradictions { get; private set; }

    /// <summary>It signs with another key from now on.</summary>
    public void Renew() => _key = KeyOf($"another bls {name}");

    private static BlsSecretKey KeyOf(string seed) => BlsSecretKey.FromSeed(Blake3.Hash(Encoding.UTF8.GetBytes(seed)).ToArray());

    private MarketDomain Domain => domain ?? TestOwner.Domain;

    /// <summary>It gives no shares.</summary>
    public bool IsWithholding { get; set; }

    /// <summary>Lists that it was asked to sign for an epoch: never two.</summary>
    public Dictionary<ulong, Bytes32> Lists { get; } = [];

    public ImmutableArray<CommitteeShare> Share(CommitteeDuties duties) =>
        duties.Share is { } request && !IsWithholding ? [Share(request)] : [];

    public CommitteeShare Share(ShareRequest request)
    {
        if (!Lists.TryAdd(request.Epoch, request.Eligible) && Lists[request.Epoch] != request.Eligible)
        {
            Contradictions++;
        }
        return new CommitteeShare(
            request.Epoch,
            _key.Sign(EpochRandomness.OfShare(Domain, request.Epoch, request.Eligible).ToArray()).Bytes.ToArray()
        );
    }

    public void Keep(Lease lease, LeaseReport report)
    {
        var signed = new RunSignature(TestKeys.Profile, report.StateChanges.IsEmpty ? null : default(StateRoot), default, [], 0);
        _executions[lease.Ticket.Job] = new Execution
        {
            Invocation = JobExecutions.InvocationOf(lease.Ticket),
            Result = JobExecutions.ResultOf(report, lease.Ticket.Spec.FuelMax, lease.Root, signed),
        };
    }

    public ImmutableArray<WindowVote> Vote(CommitteeDuties duties) =>
        IsSilent || duties.Windows.IsDefault ? [] : [.. duties.Windows.Select(Vote)];

    private WindowVote Vote(ReceiptWindow window)
    {
        var receipts = window.Receipts.Select(draft => (draft.Job, Hash: HashOf(draft, window.Epoch))).ToArray();
        var refused = receipts.Where(receipt => receipt.Hash is not { } hash || Contradicts((window.Epoch, receipt.Job), hash));
        if (refused.Any())
        {
            return new WindowVote(window.Number, default, [.. refused.Select(receipt => receipt.Job)]);
        }
        Windows++;
        var root = new MerkleBatch([.. receipts.Select(receipt => receipt.Hash!.Value)]).Root;
        var digest = BatchDigest.OfCommitteeReceipts(Domain, window.Committee, Forges ? default : root);
        return new WindowVote(window.Number, _key.Sign(digest.ToArray()).Bytes.ToArray());
    }

    private bool Contradicts((ulong, JobId) subject, Bytes32 receipt)
    {
        var contradicts = !_votes.TryAdd(subject, receipt) && _votes[subject] != receipt;
        Contradictions += contradicts ? 1 : 0;
        return contradicts;
    }

    private Bytes32? HashOf(ReceiptDraft draft, ulong epoch) =>
        _executions.TryGetValue(draft.Job, out var execution)
            ? new Receipt
            {
                Execution = execution,
                Payer = draft.Payer,
                Seats = [.. draft.Seats.Select(seat => new Seat(seat.Worker, seat.PricePerMillionFuel))],
                Assurance = draft.Assurance,
                State = draft.State,
                Fault = draft.Fault,
                PriceLimit = draft.PriceLimit,
                Price = draft.Price,
                Shares = [.. draft.Shares.Select(share => new PaidShare(share.Payee, share.Amount))],
                Epoch = epoch,
                EndedAt = draft.EndedAt,
            }.Hash()
            : null;
}
