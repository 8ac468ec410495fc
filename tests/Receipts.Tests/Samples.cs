using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Receipts.Tests;

/// <summary>A receipt in which every member says something, made with fixed keys. RECEIPT.md shows it.</summary>
internal static class Samples
{
    private static readonly Dictionary<string, BlsSecretKey> BlsKeys = Enumerable
        .Range(0, Assurance.CommitteeSeatsMax)
        .Select(BlsKey)
        .ToDictionary(key => Convert.ToHexStringLower(key.PublicKey.Bytes));

    public static Ed25519KeyPair WorkerKey { get; } = new(Counting(0));

    public static Ed25519KeyPair MarketKey { get; } = new(Counting(0x20));

    public static MarketDomain Domain { get; } = new(MarketKey.PublicKey);

    public static Execution Execution { get; } =
        new()
        {
            Invocation = new Invocation
            {
                Job = new JobId(Word(1)),
                Program = new ProgramId(Word(2)),
                Module = IdDerivation.Blob("\0asm\u0001\0\0\0"u8),
                EntryPoint = "run",
                Arguments = ["--verbose", "grüße"],
                Environment = [new NamedValue("LANG", "C"), new NamedValue("TZ", "\"a\\b\"\u001f\n/😀\u2028")],
                Input = IdDerivation.Blob("hello"u8),
                Files = [new NamedContent("a.txt", IdDerivation.Blob("a"u8))],
                Clock = 1_767_323_045_000_000_000,
                FuelLimit = 1_000_000,
                MemoryPages = 256,
                TimeLimit = 10_000_000_000,
            },
            Result = new RunResult
            {
                Profile = Word(3),
                Outcome = "completed",
                ExitCode = 0,
                Fuel = 123_456,
                Output = IdDerivation.Blob("HELLO"u8),
                OutputFiles = [new NamedContent("b.txt", IdDerivation.Blob("b"u8))],
                StateBefore = new StateRoot(Word(4)),
                StateAfter = new StateRoot(Word(5)),
                Writes = Writes(),
            },
        };

    public static Receipt Receipt { get; } =
        new()
        {
            Execution = Execution,
            Payer = new AccountId(Word(6)),
            Seats = [new Seat(new WorkerId(WorkerKey.PublicKey), new TokenAmount(100))],
            Assurance = "none",
            State = "completed",
            Fault = "none",
            PriceLimit = new TokenAmount(1000),
            Price = new TokenAmount(13),
            Shares = [new PaidShare(new AccountId(Word(7)), new TokenAmount(13))],
            Epoch = 0,
            EndedAt = 1_767_323_046_500_000_000,
        };

    public static ReceiptFile File { get; } = Sign(Receipt);

    /// <summary>The receipt, signed by both; its execution stands second in a batch of three.</summary>
    public static ReceiptFile Sign(Receipt receipt, MarketDomain? domain = null)
    {
        domain ??= Domain;
        var batch = new MerkleBatch([Word(8), receipt.Execution.Hash(), Word(9)]);
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignatures =
            [
                new WorkerSignature
                {
                    Path = [.. batch.PathOf(1).Select(PathStep.Of)],
                    Signature = Sign(WorkerKey, BatchDigest.OfExecutions(domain, batch.Root)),
                },
            ],
            MarketSignature = Sign(MarketKey, BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash())),
        };
    }

    /// <summary>What one worker has run of a program without state.</summary>
    public static ReceiptFile Earlier { get; } =
        Sign(
            Receipt with
            {
                Execution = Execution with
                {
                    Result = Execution.Result with { StateBefore = default, StateAfter = default, Writes = default },
                },
            }
        );

    /// <summary>The receipt of a job of the same payer, a minute later and with other limits of fuel and time.</summary>
    public static Receipt AnsweredReceipt { get; } =
        Earlier.Receipt with
        {
            Execution = Earlier.Receipt.Execution with
            {
                Invocation = Execution.Invocation with
                {
                    Job = new JobId(Word(0x0a)),
                    Clock = 1_767_323_105_000_000_000,
                    FuelLimit = 2_000_000,
                    TimeLimit = 20_000_000_000,
                },
            },
            Seats = [],
            Price = new TokenAmount(3),
            Shares =
            [
                new PaidShare(new AccountId(Word(7)), new TokenAmount(2)),
                new PaidShare(new AccountId(Word(0x27)), new TokenAmount(1)),
            ],
            EndedAt = 1_767_323_105_000_000_000,
        };

    public static ReceiptFile AnsweredFile { get; } = Answer(AnsweredReceipt, Earlier);

    /// <summary>The receipt, answered by an earlier one and signed by the market.</summary>
    public static ReceiptFile Answer(Receipt receipt, ReceiptFile earlier, ushort percent = 20)
    {
        var reuse = new ReceiptReuse { Percent = percent, Earlier = earlier };
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = Domain,
            Receipt = receipt,
            WorkerSignatures = [],
            Reuse = reuse,
            MarketSignature = Sign(MarketKey, BatchDigest.OfReceipts(Domain, receipt.Epoch, reuse.Hash(receipt))),
        };
    }

    /// <summary>Three workers with BLS keys; the seed of each repeats its number.</summary>
    public static IReadOnlyList<CommitteeMember> Members { get; } =
    [.. Enumerable.Range(0, 3).Select(index => Member(index, weight: (UInt128)(index + 2)))];

    /// <summary>The receipt of a committee, of which the last two members gave and signed the result: they weigh 7 of 9.</summary>
    public static Receipt CommitteeReceipt { get; } =
        Receipt with
        {
            Seats = [.. Members.Skip(1).Select(member => new Seat(member.Worker, new TokenAmount(100))).OrderBy(seat => seat.Worker.Value)],
            Assurance = "committee:3",
            Price = new TokenAmount(26),
            Shares =
            [
                new PaidShare(new AccountId(Word(7)), new TokenAmount(13)),
                new PaidShare(new AccountId(Word(0x17)), new TokenAmount(13)),
            ],
            Epoch = 7,
        };

    public static ReceiptFile CommitteeFile { get; } = SignByCommittee(CommitteeReceipt);

    /// <summary>Five workers, of which the second withheld its share.</summary>
    public static EpochFile EpochFile { get; } =
        PublishEpoch(7, [.. Enumerable.Range(0, 5).Select(index => Member(index, (UInt128)(10 * (index + 1))))]);

    /// <summary>An epoch with all signatures. The second worker of the list withholds its share.</summary>
    public static EpochFile PublishEpoch(ulong epoch, IEnumerable<CommitteeMember> workers)
    {
        CommitteeMember[] members = [.. workers.OrderBy(member => member.Worker.Value)];
        var digest = EpochRandomness.OfShare(Domain, epoch, members);
        var file = new EpochFile
        {
            Format = EpochFile.FormatName,
            Domain = Domain,
            Epoch = epoch,
            Members = members,
            MembersSignature = Sign(MarketKey, EpochRandomness.OfEligible(Domain, epoch, members)),
            Shares = [.. members.Select((member, index) => index == 1 ? "" : Share(member, digest))],
            RandomnessSignature = "",
        };
        return file with { RandomnessSignature = Sign(MarketKey, file.Randomness()) };
    }

    /// <summary>The receipt, signed by some of the committee; it stands second in a batch of three.</summary>
    public static ReceiptFile SignByCommittee(
        Receipt receipt,
        ulong signers = 0b110,
        IReadOnlyList<CommitteeMember>? members = null,
        MarketDomain? domain = null
    )
    {
        (members, domain) = (members ?? Members, domain ?? Domain);
        var batch = new MerkleBatch([Word(8), receipt.Hash(), Word(9)]);
        var digest = BatchDigest.OfCommitteeReceipts(domain, receipt.Epoch, members, batch.Root).ToArray();
        BlsSignature[] signatures =
        [
            .. Enumerable
                .Range(0, 64)
                .Where(index => (signers >> index & 1) != 0)
                .Select(index => ((index < members.Count ? KeyOf(members[index]) : null) ?? BlsKey(index)).Sign(digest)),
        ];
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignatures = [],
            Certificate = new CommitteeCertificate
            {
                Members = members,
                MembersSignature = Sign(MarketKey, BatchDigest.OfCommittee(domain, receipt.Epoch, members)),
                Path = [.. batch.PathOf(1).Select(PathStep.Of)],
                Signers = signers,
                Signature = Bls.Aggregate(signatures).ToString(),
            },
            MarketSignature = Sign(MarketKey, BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash())),
        };
    }

    public static CommitteeMember Member(int index, UInt128 weight)
    {
        var worker = new Ed25519KeyPair(Word((byte)(0x40 + index)).ToArray());
        var (id, key) = (new WorkerId(worker.PublicKey), BlsKey(index));
        return new CommitteeMember
        {
            Worker = id,
            BlsKey = Convert.ToHexStringLower(key.PublicKey.Bytes),
            Possession = key.ProvePossession().ToString(),
            Registration = Sign(worker, BatchDigest.OfRegistration(Domain, id, key.PublicKey.Bytes)),
            Weight = new TokenAmount(weight),
        };
    }

    /// <summary>The member as another worker has registered it: one of the numbers of <see cref="Member"/>.</summary>
    public static CommitteeMember Registered(CommitteeMember member, int worker)
    {
        var key = new Ed25519KeyPair(Word((byte)(0x40 + worker)).ToArray());
        var id = new WorkerId(key.PublicKey);
        var digest = BatchDigest.OfRegistration(Domain, id, Convert.FromHexString(member.BlsKey));
        return member with { Worker = id, Registration = Sign(key, digest) };
    }

    public static string Share(CommitteeMember member, Bytes32 digest) => KeyOf(member)!.Sign(digest.ToArray()).ToString();

    private static BlsSecretKey? KeyOf(CommitteeMember member) => BlsKeys.GetValueOrDefault(member.BlsKey);

    public static BlsSecretKey BlsKey(int index) => BlsSecretKey.FromSeed(Word((byte)(0x50 + index)).ToArray());

    public static string Sign(Ed25519KeyPair key, Bytes32 digest) => Convert.ToHexStringLower(key.Sign(digest.ToArray()));

    public static Bytes32 Word(byte value)
    {
        var bytes = new byte[Bytes32.Size];
        bytes.AsSpan().Fill(value);
        return new Bytes32(bytes);
    }

    private static byte[] Counting(int first) => [.. Enumerable.Range(first, Bytes32.Size).Select(value => (byte)value)];

    private static Bytes32 Writes()
    {
        var digest = new WritesDigest();
        digest.Add("key"u8, Encoding.UTF8.GetBytes("value"));
        digest.Add("old"u8, null);
        return digest.Finish();
    }
}
