using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Verify.Receipts;

/// <summary>
/// Answers from earlier receipts that agree with each other, and what a market may try with them. The market signs all of it that it is
/// asked for: nothing but the rules for answers can refuse these.
/// </summary>
internal sealed class ReuseMutants(Random random, ReceiptKeys keys)
{
    private const string Prefix = "answer_";
    private const int Hundred = 100;

    /// <summary>Each makes of any receipt what no verifier may take.</summary>
    public (string Kind, Func<Receipt, ReceiptFile> Make)[] All =>
        [
            (
                $"{Prefix}with_a_seat",
                receipt => Changed(receipt, its => its with { Seats = [new Seat(keys.Workers[0], new TokenAmount(1))] })
            ),
            ($"{Prefix}of_an_epoch", receipt => Changed(receipt, its => its with { Epoch = 1 })),
            ($"{Prefix}that_failed", receipt => Changed(receipt, its => its with { State = "failed", Fault = "program" })),
            ($"{Prefix}price_above", receipt => Costing(receipt, 1)),
            ($"{Prefix}price_below", receipt => Costing(receipt, -1)),
            ($"{Prefix}shares_too_few", receipt => Costing(receipt, 0, shares: -1)),
            ($"{Prefix}above_the_limit", AboveTheLimit),
            (
                $"{Prefix}of_over_100_percent",
                receipt => Answer(Pair(receipt), percent: (ushort)random.Next(Hundred + 1, ushort.MaxValue + 1))
            ),
            ($"{Prefix}of_itself", receipt => Asked(receipt, (asked, ran) => asked with { Job = ran.Job })),
            (
                $"{Prefix}with_other_arguments",
                receipt => Asked(receipt, (asked, _) => asked with { Arguments = [.. asked.Arguments, "x"] })
            ),
            ($"{Prefix}with_another_input", receipt => Asked(receipt, (asked, _) => asked with { Input = new BlobId(keys.AnyWord()) })),
            (
                $"{Prefix}of_another_program",
                receipt => Asked(receipt, (asked, _) => asked with { Program = new ProgramId(keys.AnyWord()) })
            ),
            ($"{Prefix}of_another_module", receipt => Asked(receipt, (asked, _) => asked with { Module = new BlobId(keys.AnyWord()) })),
            (
                $"{Prefix}of_another_entry_point",
                receipt => Asked(receipt, (asked, _) => asked with { EntryPoint = asked.EntryPoint + "x" })
            ),
            ($"{Prefix}with_more_memory", receipt => Asked(receipt, (asked, _) => asked with { MemoryPages = asked.MemoryPages ^ 1 })),
            (
                $"{Prefix}with_another_environment",
                receipt => Asked(receipt, (asked, _) => asked with { Environment = [.. asked.Environment, new NamedValue("x", "")] })
            ),
            (
                $"{Prefix}with_other_files",
                receipt => Asked(receipt, (asked, _) => asked with { Files = [.. asked.Files, new NamedContent("x", default)] })
            ),
            ($"{Prefix}with_another_output", receipt => Given(receipt, result => result with { Output = new BlobId(keys.AnyWord()) })),
            ($"{Prefix}with_less_fuel", receipt => Given(receipt, result => result with { Fuel = result.Fuel + 1 })),
            ($"{Prefix}by_other_rules", receipt => Given(receipt, result => result with { Profile = keys.AnyWord() })),
            ($"{Prefix}that_exits", receipt => Given(receipt, result => result with { ExitCode = 1 })),
            ($"{Prefix}of_a_program_with_state", OfState),
            ($"{Prefix}before_the_run", receipt => Changed(receipt, its => its with { EndedAt = its.EndedAt - 3 })),
            ($"{Prefix}of_a_stranger", receipt => OfStranger(receipt)),
            ($"{Prefix}surer_than_its_run", Surer),
            ($"{Prefix}of_a_run_that_failed", OfFailed),
            ($"{Prefix}of_a_run_that_is_not_signed", OfUnsigned),
            ($"{Prefix}of_another_markets_run", OfAnotherMarket),
            ($"{Prefix}of_an_answer", OfAnswer),
            ($"{Prefix}that_is_signed_as_a_run", receipt => SignedAsRun(receipt)),
            ($"{Prefix}that_is_signed_as_a_plain_receipt", SignedPlainly),
            ($"{Prefix}without_its_earlier_receipt", receipt => Answer(Pair(receipt)) with { Reuse = null }),
        ];

    /// <summary>A good one, with rare values.</summary>
    public ReceiptFile Anew(Receipt receipt) => Answer(Pair(receipt));

    private sealed record Made(ReceiptFile Earlier, Receipt Answer, ushort Percent);

    /// <summary>A run of a program without state, and its answer.</summary>
    /// <param name="receipt">What it is made of.</param>
    /// <param name="isOwn">The answer is for the payer of a run that no committee has signed.</param>
    private Made Pair(Receipt receipt, bool isOwn = false)
    {
        Assurance had,
            asked;
        int seats;
        do
        {
            (had, asked) = (AnyAssurance(), AnyAssurance());
            seats = random.Next(ReceiptKeys.SeatsMin(had), had.Seats + 1);
        } while (!had.Covers(asked, seats) || (isOwn && had.Kind == AssuranceKind.Committee));
        var result = receipt.Execution.Result with
        {
            Outcome = "completed",
            ExitCode = 0,
            Fuel = (ulong)random.NextInt64(1, 1L << 40),
            StateBefore = default,
            StateAfter = default,
            Writes = default,
        };
        var ran = receipt.Execution.Invocation with { Job = new JobId(keys.AnyWord()), FuelLimit = result.Fuel };
        var earlier = receipt with
        {
            Execution = new Execution { Invocation = ran, Result = result },
            Seats = Seats(seats),
            Assurance = had.ToString(),
            State = "completed",
            Fault = "none",
            PriceLimit = new TokenAmount(AnyAmount()),
            Epoch = had.Kind == AssuranceKind.Committee ? 7ul : 0,
            EndedAt = (ulong)random.NextInt64(),
        };
        var price = Seat.Cost(result.Fuel, earlier.Seats, earlier.PriceLimit);
        earlier = earlier with { Price = price, Shares = Shared(price) };
        var percent = (ushort)random.Next(Hundred + 1);
        var answer = earlier with
        {
            Execution = new Execution
            {
                Invocation = ran with
                {
                    Job = new JobId(keys.AnyWord()),
                    Clock = ran.Clock ^ 1,
                    FuelLimit = random.Next(2) == 0 ? ran.FuelLimit : ulong.MaxValue,
                    TimeLimit = ran.TimeLimit ^ 1,
                },
                Result = result,
            },
            Payer = had.Kind == AssuranceKind.Committee ? new AccountId(keys.AnyWord()) : earlier.Payer,
            Seats = [],
            Assurance = asked.ToString(),
            PriceLimit = new TokenAmount(AnyAmount()),
            Epoch = 0,
            EndedAt = earlier.EndedAt + (ulong)random.Next(2),
        };
        return new Made(keys.Sign(earlier), Priced(answer, earlier, percent), percent);
    }

    private ReceiptFile Answer(Made made, ushort? percent = null)
    {
        var reuse = new ReceiptReuse { Percent = percent ?? made.Percent, Earlier = made.Earlier };
        return keys.SignAnswer(made.Answer, reuse);
    }

    private ReceiptFile Changed(Receipt receipt, Func<Receipt, Receipt> change)
    {
        var made = Pair(receipt);
        return Answer(made with { Answer = change(made.Answer) });
    }

    private ReceiptFile Asked(Receipt receipt, Func<Invocation, Invocation, Invocation> change)
    {
        var made = Pair(receipt);
        var (asked, ran) = (made.Answer.Execution.Invocation, made.Earlier.Receipt.Execution.Invocation);
        var execution = made.Answer.Execution with { Invocation = change(asked, ran) };
        return Answer(made with { Answer = made.Answer with { Execution = execution } });
    }

    private ReceiptFile Given(Receipt receipt, Func<RunResult, RunResult> change)
    {
        var made = Pair(receipt);
        var execution = made.Answer.Execution with
        {
            Invocation = made.Answer.Execution.Invocation with { FuelLimit = ulong.MaxValue },
            Result = change(made.Answer.Execution.Result),
        };
        return Answer(made with { Answer = made.Answer with { Execution = execution } });
    }

    private ReceiptFile Costing(Receipt receipt, int more, int shares = 0)
    {
        Made made;
        do
        {
            made = Pair(receipt);
        } while (made.Answer.Price.BaseUnits < 2);
        var price = new TokenAmount((UInt128)((Int128)made.Answer.Price.BaseUnits + more));
        var shared = new TokenAmount((UInt128)((Int128)price.BaseUnits + shares));
        return Answer(made with { Answer = made.Answer with { Price = price, Shares = Shared(shared) } });
    }

    private ReceiptFile AboveTheLimit(Receipt receipt)
    {
        Made made;
        do
        {
            made = Pair(receipt);
        } while (made.Answer.Price.IsZero);
        var limit = new TokenAmount(made.Answer.Price.BaseUnits - 1);
        return Answer(made with { Answer = made.Answer with { PriceLimit = limit } });
    }

    private ReceiptFile OfState(Receipt receipt) =>
        Ran(
            receipt,
            earlier =>
                earlier with
                {
                    Execution = earlier.Execution with { Result = earlier.Execution.Result with { Writes = keys.AnyWord() } },
                }
        );

    private ReceiptFile OfFailed(Receipt receipt) =>
        Ran(
            receipt,
            earlier =>
                earlier with
                {
                    Execution = earlier.Execution with { Result = ReceiptKeys.Ended(earlier.Execution.Result, "trapped") },
                    State = "failed",
                    Fault = "program",
                }
        );

    /// <summary>Another run, which both receipts agree on.</summary>
    private ReceiptFile Ran(Receipt receipt, Func<Receipt, Receipt> change)
    {
        var made = Pair(receipt);
        var earlier = change(made.Earlier.Receipt);
        var execution = made.Answer.Execution with { Result = earlier.Execution.Result };
        return Answer(made with { Earlier = keys.Sign(earlier), Answer = made.Answer with { Execution = execution } });
    }

    private ReceiptFile OfStranger(Receipt receipt)
    {
        var made = Pair(receipt, isOwn: true);
        return Answer(made with { Answer = made.Answer with { Payer = new AccountId(keys.AnyWord()) } });
    }

    private ReceiptFile Surer(Receipt receipt)
    {
        var made = Pair(receipt);
        var (had, seats) = (Assurance.Parse(made.Earlier.Receipt.Assurance), made.Earlier.Receipt.Seats.Count);
        var asked = AnyAssurance();
        asked = had.Covers(asked, seats) ? Assurance.Committee(Assurance.CommitteeSeatsMax) : asked;
        var answer = made.Answer with { Assurance = asked.ToString() };
        return Answer(made with { Answer = Priced(answer, made.Earlier.Receipt, made.Percent) });
    }

    private ReceiptFile OfUnsigned(Receipt receipt)
    {
        var made = Pair(receipt);
        var earlier =
            random.Next(2) == 0
                ? made.Earlier with
                {
                    MarketSignature = keys.Sign(receipt).MarketSignature,
                }
                : made.Earlier with
                {
                    WorkerSignatures = [],
                    Certificate = null,
                };
        return Answer(made with { Earlier = earlier });
    }

    private ReceiptFile OfAnotherMarket(Receipt receipt)
    {
        var made = Pair(receipt);
        var domain = new MarketDomain(keys.Domain.Market, ChainId: 1);
        return Answer(made with { Earlier = keys.Sign(made.Earlier.Receipt, domain) });
    }

    private ReceiptFile OfAnswer(Receipt receipt)
    {
        var made = Pair(receipt);
        return Answer(made with { Earlier = Answer(made) });
    }

    private ReceiptFile SignedAsRun(Receipt receipt)
    {
        var made = Pair(receipt, isOwn: true);
        return Answer(made) with { WorkerSignatures = made.Earlier.WorkerSignatures };
    }

    private ReceiptFile SignedPlainly(Receipt receipt)
    {
        var answer = Answer(Pair(receipt));
        return answer with { MarketSignature = keys.Sign(answer.Receipt).MarketSignature };
    }

    private Receipt Priced(Receipt answer, Receipt earlier, ushort percent)
    {
        var asked = Assurance.Parse(answer.Assurance);
        var price = ReceiptReuse.Price(earlier.Price, percent, earlier.Seats.Count, asked, answer.PriceLimit);
        return answer with { Price = price, Shares = Shared(price) };
    }

    private PaidShare[] Shared(TokenAmount price) => price.IsZero ? [] : [new PaidShare(new AccountId(keys.AnyWord()), price)];

    private Seat[] Seats(int count)
    {
        var workers = keys.Workers.ToArray();
        random.Shuffle(workers);
        return [.. workers.Take(count).OrderBy(worker => worker.Value).Select(worker => new Seat(worker, new TokenAmount(AnyAmount())))];
    }

    /// <summary>Few of them, so that one covers another often.</summary>
    private Assurance AnyAssurance()
    {
        var seats = random.Next(Assurance.CommitteeSeatsMin, 7);
        return random.Next(4) switch
        {
            0 => Assurance.None,
            1 => Assurance.Audit(random.Next(Assurance.PermilleMin, Assurance.PermilleMax + 1)),
            2 => Assurance.Quorum(random.Next((seats / 2) + 1, seats + 1), seats),
            _ => Assurance.Committee(seats),
        };
    }

    private UInt128 AnyAmount() => (UInt128)random.NextInt64() >> random.Next(64);
}
