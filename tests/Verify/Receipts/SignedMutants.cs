using System.Globalization;
using System.Numerics;
using System.Text;
using Marketplace.Crypto;
using Marketplace.Receipts;
using static Marketplace.Verify.Receipts.TextMutants;

namespace Marketplace.Verify.Receipts;

/// <summary>
/// Changes that a forger with keys can make: receipts that say something else, signed by keys of this check, and signatures that are not
/// of those that should have signed.
/// </summary>
internal sealed class SignedMutants(Random random)
{
    private static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);

    /// <summary>https://github.com/C2SP/CCTV/tree/main/ed25519, "Low-order edwards25519 point encodings", with those that are not canonical.</summary>
    private static readonly string[] SmallOrder =
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];

    private static readonly string[] Outcomes =
    [
        "trapped",
        "failed",
        "out_of_fuel",
        "out_of_memory",
        "timed_out",
        "output_too_large",
        "input_unavailable",
        "invalid_module",
    ];

    private readonly Ed25519KeyPair _market = new(Seed(random));
    private readonly Ed25519KeyPair _worker = new(Seed(random));
    private readonly Ed25519KeyPair _other = new(Seed(random));

    public (string Kind, Func<ReceiptFile, ReceiptFile, ReceiptFile?> Make)[] All =>
        [
            ("another_markets_signature", AnotherMarket),
            ("another_workers_signature", AnotherWorker),
            ("other_path", OtherPath),
            ("s_plus_order", PlusOrder),
            ("key_of_small_order", WeakKey),
            ("contradiction_signed", (file, _) => Contradict(file.Receipt)),
        ];

    /// <summary>A receipt of rare values that agree with each other, signed anew: it is good.</summary>
    public ReceiptFile SignAnew(Receipt receipt)
    {
        var isRun = random.Next(5) > 0;
        var execution = new Execution
        {
            Invocation = receipt.Execution.Invocation with
            {
                EntryPoint = AnyText(),
                Arguments = [.. Enumerable.Range(0, random.Next(9) == 0 ? 3_000 : random.Next(4)).Select(_ => AnyText())],
                Environment = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new NamedValue(AnyText(), AnyText()))],
                Clock = AnyNumber(ulong.MaxValue),
                FuelLimit = ulong.MaxValue,
                MemoryPages = (uint)AnyNumber(uint.MaxValue),
            },
            Result = receipt.Execution.Result with
            {
                Outcome = !isRun ? RunResult.NotRun : Pick(random, Outcomes),
                OutputFiles = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new NamedContent(AnyText(), new BlobId(AnyWord())))],
                Fuel = AnyNumber(ulong.MaxValue),
                ExitCode = Pick(random, [0, 1, -1, int.MinValue, int.MaxValue]),
                Writes = AnyWord(),
            },
        };
        var changed = receipt with
        {
            Execution = execution,
            Worker = new WorkerId(_worker.PublicKey),
            State = isRun ? "failed" : Pick(random, ["cancelled", "expired"]),
            Fault = isRun ? Pick(random, ["program", "worker", "input"]) : Pick(random, ["client", "no_worker"]),
            PriceLimit = new TokenAmount(AnyAmount()),
            UnitPrice = new TokenAmount(AnyAmount()),
            Epoch = AnyNumber(ulong.MaxValue),
            EndedAt = AnyNumber(ulong.MaxValue),
        };
        var price = changed.Fault is "program" or "client"
            ? FuelPrice.Cost(execution.Result.Fuel, changed.UnitPrice, changed.PriceLimit)
            : TokenAmount.Zero;
        changed = changed with { Price = price, Shares = Shared(price) };
        var contract = EvmAddress.Parse($"0x{Convert.ToHexStringLower(Seed(random)[..20])}");
        var domain = new MarketDomain(_market.PublicKey, AnyNumber(ulong.MaxValue), contract);
        return Sign(changed, domain);
    }

    private ReceiptFile AnotherMarket(ReceiptFile file, ReceiptFile other)
    {
        var digest = BatchDigest.OfReceipts(file.Domain, file.Receipt.Epoch, file.Receipt.Hash());
        return random.Next(4) switch
        {
            0 => file with { MarketSignature = other.MarketSignature },
            1 => file with { MarketSignature = Sign(_other, digest) },
            // All of it is signed by another market, and says that it is of this one.
            2 => Sign(ByOurWorker(file.Receipt), new MarketDomain(_other.PublicKey), _worker, _other) with { Domain = file.Domain },
            _ => file with { Domain = new MarketDomain(file.Domain.Market, ChainId: 1) },
        };
    }

    private ReceiptFile? AnotherWorker(ReceiptFile file, ReceiptFile other)
    {
        if (file.WorkerSignature is not { } signed || other.WorkerSignature is not { } another)
        {
            return null;
        }
        var root = MerkleBatch.RootOf(file.Receipt.Execution.Hash(), []);
        return random.Next(4) switch
        {
            0 => file with { WorkerSignature = another },
            1 => file with { WorkerSignature = null },
            2 => file with { WorkerSignature = signed with { Path = [], Signature = file.MarketSignature } },
            _ => file with
            {
                WorkerSignature = new WorkerSignature { Path = [], Signature = Sign(_other, BatchDigest.OfExecutions(file.Domain, root)) },
            },
        };
    }

    private ReceiptFile? OtherPath(ReceiptFile file, ReceiptFile other)
    {
        var signed = Sign(ByOurWorker(file.Receipt));
        if (signed.WorkerSignature is not { } by)
        {
            return null;
        }
        var path = by.Path.ToList();
        var at = random.Next(path.Count);
        switch (random.Next(5))
        {
            case 0:
                path.RemoveAt(at);
                break;
            case 1:
                path.Insert(at, path[at]);
                break;
            case 2:
                path[at] = new PathStep { Left = path[at].Right, Right = path[at].Left };
                break;
            case 3:
                path[at] = new PathStep { Left = path[at].Left ?? path[at].Right, Right = path[at].Right ?? path[at].Left };
                break;
            default:
                path[at] = new PathStep();
                break;
        }
        return signed with { WorkerSignature = by with { Path = path } };
    }

    /// <summary>The same signature for a verifier that does not look whether S is below the order.</summary>
    private ReceiptFile? PlusOrder(ReceiptFile file, ReceiptFile other) =>
        random.Next(2) == 0 ? file with { MarketSignature = PlusOrder(file.MarketSignature) }
        : file.WorkerSignature is { } signed ? file with { WorkerSignature = signed with { Signature = PlusOrder(signed.Signature) } }
        : null;

    private static string PlusOrder(string signature)
    {
        var bytes = Convert.FromHexString(signature);
        var scalar = new BigInteger(bytes.AsSpan(32), isUnsigned: true) + Order;
        bytes.AsSpan(32).Clear();
        scalar.TryWriteBytes(bytes.AsSpan(32), out _, isUnsigned: true);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>For such keys laxer verifiers take any message: with the cofactor, or one in as many as the order says without it.</summary>
    private ReceiptFile? WeakKey(ReceiptFile file, ReceiptFile other)
    {
        var forged = Pick(random, SmallOrder) + new string('0', 64);
        var key = Bytes32.Parse(Pick(random, SmallOrder));
        if (random.Next(2) == 0)
        {
            return Sign(ByOurWorker(file.Receipt), new MarketDomain(key)) with { MarketSignature = forged };
        }
        return file.WorkerSignature is null
            ? null
            : Sign(file.Receipt with { Worker = new WorkerId(key) }) with
            {
                WorkerSignature = new WorkerSignature { Path = [], Signature = forged },
            };
    }

    private ReceiptFile? Contradict(Receipt receipt)
    {
        receipt = ByOurWorker(receipt);
        var (invocation, result) = (receipt.Execution.Invocation, receipt.Execution.Result);
        var next = new TokenAmount(receipt.Price.BaseUnits + 1);
        var account = new AccountId(AnyWord());
        var hasRun = result.Outcome != RunResult.NotRun;
        var changed = random.Next(13) switch
        {
            0 => receipt with { Assurance = Pick(random, ["gold", "", "None", "nonе"]) },
            1 => receipt with { State = Pick(random, ["fine", "Completed", "", "pending"]) },
            2 => receipt with { Fault = Pick(random, ["weather", "None", ""]) },
            3 => Of(result with { Outcome = Pick(random, ["excellent", "worker_fault", "returned", "cancelled", "Completed", ""]) }),
            4 => Of(result with { Fuel = invocation.FuelLimit + 1 }),
            5 => receipt with { Price = next, Shares = [new PaidShare(account, next)] },
            6 => receipt with { Shares = [.. receipt.Shares, new PaidShare(account, new TokenAmount(1))] },
            7 => receipt with { Shares = [.. receipt.Shares, new PaidShare(account, TokenAmount.Zero)] },
            // Together they are the price where sums are cut at 128 bits.
            8 => receipt with { Shares = [new PaidShare(account, new TokenAmount(UInt128.MaxValue)), new PaidShare(account, next)] },
            9 => receipt with { State = "completed", Fault = "program" },
            10 => Of(result with { Outcome = "trapped" }) with { State = "completed", Fault = "none" },
            11 when !receipt.Price.IsZero => receipt with { State = "failed", Fault = Pick(random, ["worker", "input", "no_worker"]) },
            12 when hasRun => receipt with { Worker = new WorkerId(_other.PublicKey) },
            _ => null,
        };
        return changed is not null ? Sign(changed)
            // A worker's signature of a run that was none.
            : !hasRun ? Sign(receipt) with { WorkerSignature = Sign(Of(result with { Outcome = "completed" })).WorkerSignature }
            : null;

        Receipt Of(RunResult other) => receipt with { Execution = receipt.Execution with { Result = other } };
    }

    /// <summary>The keys of real workers are not here.</summary>
    private Receipt ByOurWorker(Receipt receipt) => receipt with { Worker = new WorkerId(_worker.PublicKey) };

    private ReceiptFile Sign(Receipt receipt) => Sign(receipt, new MarketDomain(_market.PublicKey));

    private ReceiptFile Sign(Receipt receipt, MarketDomain domain) => Sign(receipt, domain, _worker, _market);

    /// <summary>The receipt with both signatures, its execution somewhere in a batch.</summary>
    private ReceiptFile Sign(Receipt receipt, MarketDomain domain, Ed25519KeyPair worker, Ed25519KeyPair market)
    {
        var leaves = Enumerable.Range(0, random.Next(2, 20)).Select(_ => AnyWord()).ToArray();
        var at = random.Next(leaves.Length);
        leaves[at] = receipt.Execution.Hash();
        var batch = new MerkleBatch(leaves);
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignature =
                receipt.Execution.Result.Outcome == RunResult.NotRun
                    ? null
                    : new WorkerSignature
                    {
                        Path = [.. batch.PathOf(at).Select(PathStep.Of)],
                        Signature = Sign(worker, BatchDigest.OfExecutions(domain, batch.Root)),
                    },
            MarketSignature = Sign(market, BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash())),
        };
    }

    private static string Sign(Ed25519KeyPair key, Bytes32 digest) => Convert.ToHexStringLower(key.Sign(digest.ToArray()));

    private PaidShare[] Shared(TokenAmount price)
    {
        var half = new TokenAmount(price.BaseUnits / 2);
        TokenAmount[] amounts = [half, price - half];
        return [.. amounts.Where(amount => !amount.IsZero).Select(amount => new PaidShare(new AccountId(AnyWord()), amount))];
    }

    /// <summary>Of all sizes of numbers the same share.</summary>
    private ulong AnyNumber(ulong most) =>
        random.Next(8) switch
        {
            0 => 0,
            1 => most,
            _ => ((ulong)random.NextInt64() >> random.Next(63)) & most,
        };

    private UInt128 AnyAmount() => random.Next(6) == 0 ? UInt128.MaxValue : (UInt128)AnyNumber(ulong.MaxValue) * AnyNumber(uint.MaxValue);

    private Bytes32 AnyWord() => new(Seed(random));

    /// <summary>Texts of all planes, with what JSON escapes and with what it does not.</summary>
    private string AnyText()
    {
        var text = new StringBuilder();
        for (var left = random.Next(6); left > 0; left--)
        {
            text.Append(
                random.Next(4) switch
                {
                    0 => new Rune(random.Next(0x80)),
                    1 => Pick(random, [new Rune('"'), new Rune('\\'), new Rune('/'), new Rune(0x7f), new Rune(0x2028), new Rune(0xfeff)]),
                    2 => new Rune(random.Next(0x80, 0xd800)),
                    _ => new Rune(random.Next(0xe000, 0x110000)),
                }
            );
        }
        return text.ToString();
    }

    private static byte[] Seed(Random random)
    {
        var seed = new byte[Bytes32.Size];
        random.NextBytes(seed);
        return seed;
    }
}
