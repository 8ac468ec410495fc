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

    /// <summary>
    /// All encodings of the eight points of small order, also those that are not canonical: https://github.com/C2SP/CCTV/tree/main/ed25519.
    /// </summary>
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

    /// <summary>None of them is an end of a run.</summary>
    private static readonly string[] OtherOutcomes = ["excellent", "worker_fault", "returned", "cancelled", "Completed", ""];

    private readonly Ed25519KeyPair _market = new(Seed(random));
    private readonly Ed25519KeyPair _worker = new(Seed(random));
    private readonly Ed25519KeyPair _other = new(Seed(random));

    /// <summary>Each makes of a receipt, and of another one, what no verifier may take; null: not of this receipt.</summary>
    public (string Kind, Func<ReceiptFile, ReceiptFile, byte[]?> Make)[] All =>
        [
            ("another_markets_signature", (file, other) => AnotherMarket(file, other).ToJson()),
            ("another_workers_signature", (file, other) => AnotherWorker(file, other)?.ToJson()),
            ("other_path", (file, _) => OtherPath(file)?.ToJson()),
            ("s_plus_order", (file, _) => PlusOrder(file)?.ToJson()),
            ("key_of_small_order", (file, _) => WeakKey(file)?.ToJson()),
            ("half_of_a_pair", (file, _) => HalfPair(file.Receipt)),
            ("run_that_was_none", (file, _) => SignNoRun(file.Receipt).ToJson()),
            .. Contradictions.Select(one => ($"signed_{one.What}", Signed(one.Make))),
        ];

    /// <summary>What contradicts itself or the words of RECEIPT.md, in one place only; all else agrees, and the signatures hold.</summary>
    private (string What, Func<Receipt, Receipt?> Make)[] Contradictions =>
        [
            ("assurance", receipt => receipt with { Assurance = Pick(random, ["gold", "", "None", "nonе"]) }),
            ("state", receipt => receipt with { State = Pick(random, ["fine", "Completed", "", "pending"]) }),
            ("fault", receipt => Priced(receipt with { Fault = Pick(random, ["weather", "None", ""]) })),
            ("outcome", receipt => With(receipt, result => result with { Outcome = Pick(random, OtherOutcomes) })),
            ("fuel_beyond_its_limit", OverFuel),
            ("price_above_what_is_due", receipt => Costing(receipt, receipt.Price.BaseUnits + 1)),
            ("price_below_what_is_due", receipt => receipt.Price.IsZero ? null : Costing(receipt, receipt.Price.BaseUnits - 1)),
            ("price_that_is_not_due", receipt => receipt.Price.IsZero ? null : receipt with { State = "failed", Fault = "worker" }),
            ("share_too_many", receipt => receipt with { Shares = [.. receipt.Shares, Share(1)] }),
            ("share_of_nothing", receipt => receipt with { Shares = [.. receipt.Shares, Share(0)] }),
            ("shares_too_few", receipt => receipt.Price.IsZero ? null : receipt with { Shares = [] }),
            // Together they are the price where sums are cut at 128 bits.
            (
                "shares_beyond_all_money",
                receipt => receipt with { Shares = [Share(UInt128.MaxValue), Share(receipt.Price.BaseUnits + 1)] }
            ),
            ("completed_by_a_fault", receipt => Priced(receipt with { State = "completed", Fault = "program" })),
            ("completed_by_a_trap", receipt => With(receipt, result => result with { Outcome = "trapped" }) with { State = "completed" }),
            ("worker_that_did_not_sign", receipt => HasRun(receipt) ? receipt with { Worker = new WorkerId(_other.PublicKey) } : null),
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
        var contract = EvmAddress.Parse($"0x{Convert.ToHexStringLower(Seed(random)[..20])}");
        var domain = new MarketDomain(_market.PublicKey, AnyNumber(ulong.MaxValue), contract);
        return Sign(Priced(changed), domain);
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

    private ReceiptFile? OtherPath(ReceiptFile file)
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
    private ReceiptFile? PlusOrder(ReceiptFile file) =>
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

    /// <summary>For such keys laxer verifiers take any message; without the cofactor still one in as many as the order says.</summary>
    private ReceiptFile? WeakKey(ReceiptFile file)
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

    private Func<ReceiptFile, ReceiptFile, byte[]?> Signed(Func<Receipt, Receipt?> make) =>
        (file, _) => make(ByOurWorker(file.Receipt)) is { } changed ? Sign(changed).ToJson() : null;

    /// <summary>In a text that may be anything. Where halves become U+FFFD, the hash is the one that was signed.</summary>
    private byte[] HalfPair(Receipt receipt)
    {
        const string Replacement = "\"entryPoint\":\"\ufffd\"";
        var execution = receipt.Execution with { Invocation = receipt.Execution.Invocation with { EntryPoint = "\ufffd" } };
        var text = Encoding.UTF8.GetString(Sign(ByOurWorker(receipt) with { Execution = execution }).ToJson());
        var half = Pick(random, ["\\ud83d", "\\ude00", "\\udfff", "\\ud800"]);
        return Encoding.UTF8.GetBytes(text.Replace(Replacement, $"\"entryPoint\":\"{half}\"", StringComparison.Ordinal));
    }

    /// <summary>Nothing was run, and a worker has signed that.</summary>
    private ReceiptFile SignNoRun(Receipt receipt)
    {
        var execution = receipt.Execution with { Result = RunResult.Nothing };
        var changed = Priced(ByOurWorker(receipt) with { Execution = execution, State = "expired", Fault = "no_worker" });
        return Sign(changed) with { WorkerSignature = SignByWorker(changed, new MarketDomain(_market.PublicKey), _worker) };
    }

    private Receipt? OverFuel(Receipt receipt)
    {
        var fuel = receipt.Execution.Invocation.FuelLimit + 1;
        return HasRun(receipt) ? Priced(With(receipt, result => result with { Fuel = fuel })) : null;
    }

    private Receipt Costing(Receipt receipt, UInt128 price) =>
        receipt with
        {
            Price = new TokenAmount(price),
            Shares = Shared(new TokenAmount(price)),
        };

    private PaidShare Share(UInt128 amount) => new(new AccountId(AnyWord()), new TokenAmount(amount));

    private static bool HasRun(Receipt receipt) => receipt.Execution.Result.Outcome != RunResult.NotRun;

    private static Receipt With(Receipt receipt, Func<RunResult, RunResult> change) =>
        receipt with
        {
            Execution = receipt.Execution with { Result = change(receipt.Execution.Result) },
        };

    /// <summary>With the price that follows from what it says.</summary>
    private Receipt Priced(Receipt receipt)
    {
        var price = receipt.Fault is "none" or "program" or "client"
            ? FuelPrice.Cost(receipt.Execution.Result.Fuel, receipt.UnitPrice, receipt.PriceLimit)
            : TokenAmount.Zero;
        return receipt with { Price = price, Shares = Shared(price) };
    }

    /// <summary>The keys of real workers are not here.</summary>
    private Receipt ByOurWorker(Receipt receipt) => receipt with { Worker = new WorkerId(_worker.PublicKey) };

    private ReceiptFile Sign(Receipt receipt) => Sign(receipt, new MarketDomain(_market.PublicKey));

    private ReceiptFile Sign(Receipt receipt, MarketDomain domain) => Sign(receipt, domain, _worker, _market);

    /// <summary>The receipt with both signatures; with the market's alone where nothing was run.</summary>
    private ReceiptFile Sign(Receipt receipt, MarketDomain domain, Ed25519KeyPair worker, Ed25519KeyPair market) =>
        new()
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignature = HasRun(receipt) ? SignByWorker(receipt, domain, worker) : null,
            MarketSignature = Sign(market, BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash())),
        };

    /// <summary>Over a batch in which the execution stands somewhere.</summary>
    private WorkerSignature SignByWorker(Receipt receipt, MarketDomain domain, Ed25519KeyPair worker)
    {
        var leaves = Enumerable.Range(0, random.Next(2, 20)).Select(_ => AnyWord()).ToArray();
        var at = random.Next(leaves.Length);
        leaves[at] = receipt.Execution.Hash();
        var batch = new MerkleBatch(leaves);
        return new WorkerSignature
        {
            Path = [.. batch.PathOf(at).Select(PathStep.Of)],
            Signature = Sign(worker, BatchDigest.OfExecutions(domain, batch.Root)),
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
