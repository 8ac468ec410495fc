using System.Globalization;
using System.Numerics;
using System.Text;
using Marketplace.Crypto;
using Marketplace.Receipts;
using static Marketplace.Verify.Receipts.ReceiptKeys;
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

    /// <summary>None of them is the text of an assurance.</summary>
    private static readonly string[] OtherAssurances =
    [
        "gold",
        "",
        "None",
        "nonе",
        "none:1",
        "audit",
        "audit:0%",
        "audit:10.0%",
        "audit:100.1%",
        "audit:05%",
        "quorum:1/2",
        "quorum:3/2",
        "quorum:1/1",
        "quorum:02/3",
        "quorum:2/03",
        "quorum:9/17",
        "committee:2",
        "committee:05",
        "committee:17",
        "committee:2/3",
        " committee:3",
        "committee:3\n",
    ];

    private readonly ReceiptKeys _keys = new(random);

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
            .. new ReuseMutants(random, _keys).All.Select(one =>
                (one.Kind, (Func<ReceiptFile, ReceiptFile, byte[]?>)((file, _) => one.Make(file.Receipt).ToJson()))
            ),
            .. new CommitteeMutants(random, _keys).All.Select(one =>
                (one.Kind, (Func<ReceiptFile, ReceiptFile, byte[]?>)((file, _) => one.Make(OfCommittee(file.Receipt)).ToJson()))
            ),
        ];

    /// <summary>What contradicts itself or the words of RECEIPT.md, in one place only; all else agrees, and the signatures hold.</summary>
    private (string What, Func<Receipt, Receipt?> Make)[] Contradictions =>
        [
            ("assurance", receipt => receipt with { Assurance = Pick(random, OtherAssurances) }),
            ("another_assurance", AnotherAssurance),
            ("seat_too_many", receipt => SeatedAnew(receipt with { Assurance = "none" }, Seats(2))),
            ("no_seat", receipt => HasRun(receipt) ? SeatedAnew(receipt, []) : null),
            ("seats_descending", receipt => SeatedAnew(receipt with { Assurance = "audit:50%" }, [.. Seats(2).Reverse()])),
            ("seat_twice", receipt => SeatedAnew(receipt with { Assurance = "audit:50%" }, [.. Enumerable.Repeat(Seats(1)[0], 2)])),
            ("quorum_not_reached", QuorumNotReached),
            ("certain_audit_of_one", receipt => SeatedAnew(Failed(receipt, "trapped") with { Assurance = "audit:100%" }, Seats(1))),
            ("output_of_a_trap", receipt => With(Failed(receipt, "trapped"), result => result with { Output = new BlobId(AnyWord()) })),
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
            (
                "worker_that_did_not_sign",
                receipt => HasRun(receipt) ? SeatedAnew(receipt, [Seats(1)[0] with { Worker = new WorkerId(_keys.Other.PublicKey) }]) : null
            ),
        ];

    /// <summary>An answer of rare values from a receipt that it agrees with: both are good.</summary>
    public ReceiptFile AnswerAnew(Receipt receipt) => new ReuseMutants(random, _keys).Anew(receipt);

    public ReceiptFile SignByCommittee(Receipt receipt) => _keys.Sign(OfCommittee(receipt));

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
            Result = isRun ? AnyResult(receipt.Execution.Result) : RunResult.Nothing with { Fuel = AnyNumber(ulong.MaxValue) },
        };
        var changed = receipt with
        {
            Execution = execution,
            State = isRun ? "failed" : Pick(random, ["cancelled", "expired"]),
            Fault = isRun ? Pick(random, ["program", "worker", "input"]) : Pick(random, ["client", "no_worker"]),
            PriceLimit = new TokenAmount(AnyAmount()),
            Epoch = Math.Max(1, AnyNumber(ulong.MaxValue)),
            EndedAt = AnyNumber(ulong.MaxValue),
        };
        var assurance = AnyAssurance();
        var least =
            !isRun ? 0
            : changed.Fault == "program" ? ReceiptKeys.SeatsMin(assurance)
            : 1;
        changed = changed with { Assurance = assurance.ToString(), Seats = Seats(random.Next(least, assurance.Seats + 1)) };
        var contract = EvmAddress.Parse($"0x{Convert.ToHexStringLower(_keys.Seed()[..20])}");
        return _keys.Sign(Priced(changed), new MarketDomain(_keys.Domain.Market, AnyNumber(ulong.MaxValue), contract));
    }

    private RunResult AnyResult(RunResult result)
    {
        var any = result with
        {
            Outcome = "completed",
            OutputFiles = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new NamedContent(AnyText(), new BlobId(AnyWord())))],
            Fuel = AnyNumber(ulong.MaxValue),
            ExitCode = Pick(random, [0, 1, -1, int.MinValue, int.MaxValue]),
            Writes = AnyWord(),
        };
        var outcome = Pick(random, Outcomes);
        return outcome == "completed" ? any : ReceiptKeys.Ended(any, outcome);
    }

    private ReceiptFile AnotherMarket(ReceiptFile file, ReceiptFile other)
    {
        var digest = BatchDigest.OfReceipts(file.Domain, file.Receipt.Epoch, file.Receipt.Hash());
        return random.Next(4) switch
        {
            0 => file with { MarketSignature = other.MarketSignature },
            1 => file with { MarketSignature = ReceiptKeys.Sign(_keys.Other, digest) },
            // All of it is signed by another market, and says that it is of this one.
            2 => _keys.Sign(ByOurWorker(file.Receipt), new MarketDomain(_keys.Other.PublicKey), _keys.Other) with { Domain = file.Domain },
            _ => file with { Domain = new MarketDomain(file.Domain.Market, ChainId: 1) },
        };
    }

    private ReceiptFile? AnotherWorker(ReceiptFile file, ReceiptFile other)
    {
        if (file.WorkerSignatures is not [var signed] || other.WorkerSignatures is not [var another])
        {
            return null;
        }
        var root = MerkleBatch.RootOf(file.Receipt.Execution.Hash(), []);
        return random.Next(5) switch
        {
            0 => file with { WorkerSignatures = [another] },
            1 => file with { WorkerSignatures = [] },
            2 => file with { WorkerSignatures = [signed, signed] },
            3 => file with { WorkerSignatures = [signed with { Path = [], Signature = file.MarketSignature }] },
            _ => file with
            {
                WorkerSignatures =
                [
                    new WorkerSignature
                    {
                        Path = [],
                        Signature = ReceiptKeys.Sign(_keys.Other, BatchDigest.OfExecutions(file.Domain, root)),
                    },
                ],
            },
        };
    }

    private ReceiptFile? OtherPath(ReceiptFile file)
    {
        var signed = _keys.Sign(ByOurWorker(file.Receipt));
        if (signed.WorkerSignatures is not [var by])
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
        return signed with { WorkerSignatures = [by with { Path = path }] };
    }

    /// <summary>The same signature for a verifier that does not look whether S is below the order.</summary>
    private ReceiptFile? PlusOrder(ReceiptFile file) =>
        random.Next(2) == 0 ? file with { MarketSignature = PlusOrder(file.MarketSignature) }
        : file.WorkerSignatures is [var signed] ? file with { WorkerSignatures = [signed with { Signature = PlusOrder(signed.Signature) }] }
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
            return _keys.Sign(ByOurWorker(file.Receipt), new MarketDomain(key)) with { MarketSignature = forged };
        }
        return HasRun(file.Receipt)
            ? _keys.Sign(SeatedAnew(file.Receipt, [new Seat(new WorkerId(key), TokenAmount.Zero)])) with
            {
                WorkerSignatures = [new WorkerSignature { Path = [], Signature = forged }],
            }
            : null;
    }

    private Func<ReceiptFile, ReceiptFile, byte[]?> Signed(Func<Receipt, Receipt?> make) =>
        (file, _) => make(ByOurWorker(file.Receipt)) is { } changed ? _keys.Sign(changed).ToJson() : null;

    /// <summary>In a text that may be anything. Where halves become U+FFFD, the hash is the one that was signed.</summary>
    private byte[] HalfPair(Receipt receipt)
    {
        const string Replacement = "\"entryPoint\":\"\ufffd\"";
        var execution = receipt.Execution with { Invocation = receipt.Execution.Invocation with { EntryPoint = "\ufffd" } };
        var text = Encoding.UTF8.GetString(_keys.Sign(ByOurWorker(receipt) with { Execution = execution }).ToJson());
        var half = Pick(random, ["\\ud83d", "\\ude00", "\\udfff", "\\ud800"]);
        return Encoding.UTF8.GetBytes(text.Replace(Replacement, $"\"entryPoint\":\"{half}\"", StringComparison.Ordinal));
    }

    /// <summary>Nothing was run, and a worker has signed that.</summary>
    private ReceiptFile SignNoRun(Receipt receipt)
    {
        var execution = receipt.Execution with { Result = RunResult.Nothing };
        var seats = Seats(1);
        var changed = SeatedAnew(receipt with { Execution = execution, State = "expired", Fault = "no_worker" }, seats);
        return _keys.Sign(changed) with { WorkerSignatures = [_keys.SignByWorker(changed, seats[0], _keys.Domain)] };
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

    private static Receipt With(Receipt receipt, Func<RunResult, RunResult> change) =>
        receipt with
        {
            Execution = receipt.Execution with { Result = change(receipt.Execution.Result) },
        };

    /// <summary>With the price that follows from what it says.</summary>
    private Receipt Priced(Receipt receipt)
    {
        var price = receipt.Fault is "none" or "program" or "client"
            ? Seat.Cost(receipt.Execution.Result.Fuel, receipt.Seats, receipt.PriceLimit)
            : TokenAmount.Zero;
        return receipt with { Price = price, Shares = Shared(price) };
    }

    /// <summary>The same seats, of our workers.</summary>
    private Receipt ByOurWorker(Receipt receipt) =>
        receipt with
        {
            Seats = [.. receipt.Seats.Zip(_keys.Workers, (seat, worker) => seat with { Worker = worker })],
        };

    private Receipt SeatedAnew(Receipt receipt, IReadOnlyList<Seat> seats) => Priced(receipt with { Seats = seats });

    /// <summary>Of some of our workers, ascending.</summary>
    private Seat[] Seats(int count)
    {
        var workers = _keys.Workers.ToArray();
        random.Shuffle(workers);
        return [.. workers.Take(count).OrderBy(worker => worker.Value).Select(worker => new Seat(worker, new TokenAmount(AnyAmount())))];
    }

    /// <summary>A quorum of one more than those who ran it.</summary>
    private static Receipt? AnotherAssurance(Receipt receipt)
    {
        var more = receipt.Seats.Count + 1;
        return HasRun(receipt) && receipt.Fault is "none" or "program" ? receipt with { Assurance = $"quorum:{more}/{more}" } : null;
    }

    private static Receipt Failed(Receipt receipt, string outcome) =>
        receipt with
        {
            Execution = receipt.Execution with { Result = ReceiptKeys.Ended(receipt.Execution.Result, outcome) },
            State = "failed",
            Fault = "program",
        };

    private Receipt QuorumNotReached(Receipt receipt)
    {
        var execution = receipt.Execution with { Result = ReceiptKeys.Ended(receipt.Execution.Result, "trapped") };
        return SeatedAnew(
            receipt with
            {
                Execution = execution,
                Assurance = "quorum:5/8",
                State = "failed",
                Fault = "program",
            },
            Seats(random.Next(1, 5))
        );
    }

    /// <summary>A receipt that a committee may sign, with seats of our workers.</summary>
    private Receipt OfCommittee(Receipt receipt)
    {
        var size = random.Next(Assurance.CommitteeSeatsMin, 8);
        var execution = receipt.Execution with { Result = ReceiptKeys.Ended(receipt.Execution.Result, "failed") };
        return SeatedAnew(
            receipt with
            {
                Execution = execution,
                Assurance = Assurance.Committee(size).ToString(),
                State = "failed",
                Fault = "program",
                Epoch = 1 + AnyNumber(ulong.MaxValue - 2),
            },
            Seats(random.Next(2, size + 1))
        );
    }

    private Assurance AnyAssurance()
    {
        var seats = random.Next(Assurance.CommitteeSeatsMin, Assurance.CommitteeSeatsMax + 1);
        return random.Next(4) switch
        {
            0 => Assurance.None,
            1 => Assurance.Audit(random.Next(Assurance.PermilleMin, Assurance.PermilleMax + 1)),
            2 => Assurance.Quorum(random.Next((seats / 2) + 1, seats + 1), seats),
            _ => Assurance.Committee(seats),
        };
    }

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

    private Bytes32 AnyWord() => _keys.AnyWord();

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
}
