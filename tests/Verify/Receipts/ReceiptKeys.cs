using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Verify.Receipts;

/// <summary>Keys of a market and of workers, and receipts that they sign. The keys of real workers are not here.</summary>
internal sealed class ReceiptKeys
{
    private const int ScaleBits = 81;
    private const long WeightMax = 1L << 42;

    private readonly Random _random;
    private readonly Ed25519KeyPair _market;
    private readonly Ed25519KeyPair[] _workers;
    private readonly Dictionary<WorkerId, BlsSecretKey> _blsKeys;

    public ReceiptKeys(Random random)
    {
        _random = random;
        _market = new Ed25519KeyPair(Seed());
        Other = new Ed25519KeyPair(Seed());
        _workers =
        [
            .. Enumerable.Range(0, Assurance.CommitteeSeatsMax).Select(_ => new Ed25519KeyPair(Seed())).OrderBy(worker => worker.PublicKey),
        ];
        _blsKeys = _workers.ToDictionary(worker => new WorkerId(worker.PublicKey), _ => BlsSecretKey.FromSeed(Seed()));
    }

    /// <summary>Of a stranger.</summary>
    public Ed25519KeyPair Other { get; }

    public MarketDomain Domain => new(_market.PublicKey);

    /// <summary>Ascending.</summary>
    public IReadOnlyList<WorkerId> Workers => [.. _workers.Select(worker => new WorkerId(worker.PublicKey))];

    /// <summary>The seats that an assurance takes at least where a run decides.</summary>
    public static int SeatsMin(Assurance assurance) =>
        assurance.Kind == AssuranceKind.Quorum ? assurance.Agreeing
        : assurance.Permille == Assurance.PermilleMax ? assurance.Seats
        : 1;

    /// <summary>The result of a run that ended without one.</summary>
    public static RunResult Ended(RunResult result, string outcome) =>
        result with
        {
            Outcome = outcome,
            Output = default,
            OutputFiles = [],
        };

    public static bool HasRun(Receipt receipt) => receipt.Execution.Result.Outcome != RunResult.NotRun;

    public byte[] Seed()
    {
        var seed = new byte[Bytes32.Size];
        _random.NextBytes(seed);
        return seed;
    }

    public Bytes32 AnyWord() => new(Seed());

    /// <summary>The receipt with all signatures that it takes.</summary>
    public ReceiptFile Sign(Receipt receipt, MarketDomain? domain = null, Ed25519KeyPair? market = null)
    {
        (domain, market) = (domain ?? Domain, market ?? _market);
        var isByCommittee = Assurance.TryParse(receipt.Assurance, out var assurance) && assurance.Kind == AssuranceKind.Committee;
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignatures =
                HasRun(receipt) && !isByCommittee ? [.. receipt.Seats.Select(seat => SignByWorker(receipt, seat, domain))] : [],
            Certificate =
                HasRun(receipt) && isByCommittee ? Certify(receipt, domain, Committee(receipt, assurance.Seats, domain), market) : null,
            MarketSignature = Sign(market, BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash())),
        };
    }

    /// <summary>The receipt of a job that did not run, signed by the market.</summary>
    public ReceiptFile SignAnswer(Receipt receipt, ReceiptReuse reuse) =>
        new()
        {
            Format = ReceiptFile.FormatName,
            Domain = Domain,
            Receipt = receipt,
            WorkerSignatures = [],
            Reuse = reuse,
            MarketSignature = Sign(_market, BatchDigest.OfReceipts(Domain, receipt.Epoch, reuse.Hash(receipt))),
        };

    /// <summary>Over a batch in which the execution stands somewhere.</summary>
    public WorkerSignature SignByWorker(Receipt receipt, Seat seat, MarketDomain domain)
    {
        var (path, root) = Batch(receipt.Execution.Hash());
        var worker = _workers.FirstOrDefault(one => one.PublicKey == seat.Worker.Value) ?? _workers[0];
        return new WorkerSignature { Path = path, Signature = Sign(worker, BatchDigest.OfExecutions(domain, root)) };
    }

    /// <summary>The seats' workers and others, in any order; the seats weigh over two thirds.</summary>
    public IReadOnlyList<CommitteeMember> Committee(Receipt receipt, int size, MarketDomain? domain = null)
    {
        var seated = receipt.Seats.Select(seat => seat.Worker).Where(_blsKeys.ContainsKey).ToHashSet();
        var others = Workers.Where(worker => !seated.Contains(worker)).Take(size - seated.Count).ToArray();
        // Together they may be more than 128 bits hold.
        var scale = (2 * (UInt128)size) << _random.Next(ScaleBits);
        var members = seated.Select(worker => Member(worker, scale * (UInt128)_random.NextInt64(1, WeightMax), domain)).ToList();
        var room = members.Select(member => member.Weight.BaseUnits).DefaultIfEmpty<UInt128>(1).Min() / (2 * (UInt128)size);
        members.AddRange(others.Select(worker => Member(worker, UInt128.Max(1, room), domain)));
        var order = members.ToArray();
        _random.Shuffle(order);
        return order;
    }

    /// <summary>Signed by the members that have seats.</summary>
    public CommitteeCertificate Certify(
        Receipt receipt,
        MarketDomain domain,
        IReadOnlyList<CommitteeMember> members,
        Ed25519KeyPair? market = null
    )
    {
        ulong signers = 0;
        for (var index = 0; index < members.Count; index++)
        {
            signers |= receipt.Seats.Any(seat => seat.Worker == members[index].Worker) ? 1ul << index : 0;
        }
        return Certify(receipt, domain, members, signers, signers, market);
    }

    /// <param name="said">The bitmap that the certificate has.</param>
    /// <param name="signers">Those that sign.</param>
    public CommitteeCertificate Certify(
        Receipt receipt,
        MarketDomain domain,
        IReadOnlyList<CommitteeMember> members,
        ulong said,
        ulong signers,
        Ed25519KeyPair? market = null
    )
    {
        var (path, root) = Batch(receipt.Hash());
        var digest = BatchDigest.OfCommitteeReceipts(domain, receipt.Epoch, members, root).ToArray();
        BlsSignature[] signatures =
        [
            .. members.Where((_, index) => (signers >> index & 1) != 0).Select(member => _blsKeys[member.Worker].Sign(digest)),
        ];
        return new CommitteeCertificate
        {
            Members = members,
            MembersSignature = Sign(market ?? _market, BatchDigest.OfCommittee(domain, receipt.Epoch, members)),
            Path = path,
            Signers = said,
            Signature = (signatures.Length == 0 ? _blsKeys[Workers[0]].Sign(digest) : Bls.Aggregate(signatures)).ToString(),
        };
    }

    /// <param name="domain">Of the market that it is a member at; null: ours.</param>
    public CommitteeMember Member(WorkerId worker, UInt128 weight, MarketDomain? domain = null) =>
        Register(
            new CommitteeMember
            {
                Worker = worker,
                BlsKey = Convert.ToHexStringLower(_blsKeys[worker].PublicKey.Bytes),
                Possession = _blsKeys[worker].ProvePossession().ToString(),
                Registration = "",
                Weight = new TokenAmount(weight),
            },
            domain
        );

    /// <summary>The member, with its worker's signature that its key is the worker's.</summary>
    public CommitteeMember Register(CommitteeMember member, MarketDomain? domain = null)
    {
        var digest = BatchDigest.OfRegistration(domain ?? Domain, member.Worker, Convert.FromHexString(member.BlsKey));
        return member with { Registration = Sign(_workers.First(worker => worker.PublicKey == member.Worker.Value), digest) };
    }

    public static string Sign(Ed25519KeyPair key, Bytes32 digest) => Convert.ToHexStringLower(key.Sign(digest.ToArray()));

    private (IReadOnlyList<PathStep> Path, Bytes32 Root) Batch(Bytes32 leaf)
    {
        var leaves = Enumerable.Range(0, _random.Next(2, 20)).Select(_ => AnyWord()).ToArray();
        var at = _random.Next(leaves.Length);
        leaves[at] = leaf;
        var batch = new MerkleBatch(leaves);
        return ([.. batch.PathOf(at).Select(PathStep.Of)], batch.Root);
    }
}
