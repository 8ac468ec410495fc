using System.Collections.Immutable;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// Which jobs can be answered from receipts, by which, and for how much. Pure. RATIONALE.md, "A receipt answers a job", has the reasons.
/// </summary>
internal static class ReuseRules
{
    /// <summary>Whether receipts can answer a new job of the program. A job that exists is not asked again.</summary>
    public static Refusal? CheckNew(JobSpec spec, ProgramView program)
    {
        if (!spec.Reuse)
        {
            return null;
        }
        return program.UsesState ? Refuse("it keeps state, so its results depend on the jobs before")
            : GuestDeterminism.ReasonAgainstReuse(program.Imports) is { } reason ? Refuse(reason)
            : null;

        static Refusal Refuse(string reason) =>
            new(
                ErrorCode.ReuseRefused,
                $"No job of this program can be answered from an earlier one's receipt: {reason}. Leave out reuse; the job then runs."
            );
    }

    /// <summary>Whether a job takes the place of another one in the index.</summary>
    public static bool Replaces(ReusableJob job, ReusableJob known, ReuseTerms terms) =>
        job.Epoch > known.Epoch
        || (
            job.Epoch == known.Epoch
            && job.Job != known.Job
            && (job.Assurance.Covers(known.Assurance, job.Seats) || job.EndedAt - known.EndedAt > terms.AgeMax)
            && job.EndedAt >= known.EndedAt
        );

    /// <summary>Where a job that has ended is kept, so that others find it; with the epoch where all accounts do.</summary>
    public static IReadOnlyList<(Bytes32 Key, ulong Epoch)> KeysOf(JobState job)
    {
        if (!MayAnswer(job))
        {
            return [];
        }
        var profile = job.Ending!.End.Proof!.Signed.Profile;
        var own = ReuseKey.Own(job.Account, job.Spec, job.Module, profile);
        return EpochForAll(job.Spec, job.Ending.End) is > 0 and var epoch
            ? [(own, 0), (ReuseKey.Anybodys(job.Spec, job.Module, profile), epoch)]
            : [(own, 0)];
    }

    /// <summary>Where a job that may answer the new one is looked for, in this order.</summary>
    public static IReadOnlyList<Bytes32> KeysFor(AccountId account, JobSpec spec, BlobId module, Bytes32 profile)
    {
        var own = ReuseKey.Own(account, spec, module, profile);
        return spec.Needs is null ? [own, ReuseKey.Anybodys(spec, module, profile)] : [own];
    }

    /// <summary>
    /// It ran and completed. The end of a job that was answered itself is no run; the one whose receipt answered it is found in its place.
    /// </summary>
    public static bool MayAnswer(JobState job) =>
        job.Spec.Reuse
        && !job.UsesState
        && job.Ending is { End: { Status: JobStatus.Completed, Fault: JobFault.None, Proof: not null, Worker: not null, Reuse: null } };

    /// <summary>
    /// In which epoch the result answers all accounts; 0: in none. Members of a committee are drawn by what they have at stake, so no buyer
    /// chooses them, but it can wait for an epoch that is its own; so its result is worth no more than what the same committee signs for
    /// others, which is as long as it serves. All other workers a buyer can choose, by its needs, its price or the moment.
    /// </summary>
    private static ulong EpochForAll(JobSpec spec, JobEnd end) =>
        spec.Assurance.Kind == AssuranceKind.Committee && spec.Needs is null && end.Certificate is { } certificate ? certificate.Epoch : 0;

    /// <summary>Whether the job may be answered from the run, which an index has named and which may be anything.</summary>
    /// <param name="account">Who asks.</param>
    /// <param name="spec">What is asked for.</param>
    /// <param name="module">What would be run.</param>
    /// <param name="run">The earlier one.</param>
    /// <param name="refusals">Workers and owners that the account refuses.</param>
    /// <param name="epoch">The epoch of this moment, which counts for a stranger's run; 0: there is none.</param>
    /// <param name="now">This moment.</param>
    /// <param name="terms">How old a run may be, and by which rules it was made.</param>
    public static bool Answers(
        AccountId account,
        JobSpec spec,
        BlobId module,
        ReusableRun run,
        RefusalList? refusals,
        ulong epoch,
        DateTimeOffset now,
        ReuseTerms terms
    )
    {
        var seats = SeatsOf(run.End);
        var profile = run.End.Proof!.Signed.Profile;
        var isSame =
            run.Account == account
                ? ReuseKey.Own(account, run.Spec, run.Module, profile) == ReuseKey.Own(account, spec, module, terms.Profile)
                : epoch > 0
                    && EpochForAll(run.Spec, run.End) == epoch
                    && spec.Needs is null
                    && ReuseKey.Anybodys(run.Spec, run.Module, profile) == ReuseKey.Anybodys(spec, module, terms.Profile);
        return isSame
            && run.Spec.Assurance.Covers(spec.Assurance, seats.Length)
            && run.End.FuelUsed <= spec.FuelMax
            && run.EndedAt <= now
            && now - run.EndedAt <= terms.AgeMax
            && IsWorthIt(spec, run, seats, terms)
            && !seats.Any(seat => IsRefused(seat, spec.Needs, refusals));
    }

    /// <summary>
    /// An answer costs what it costs: a lower limit buys none, or every buyer would name the lowest. And it costs no more than the cheapest
    /// of those that ran it would ask to run it again, so no worker makes an answer dear by a price that its own buyer pays to it.
    /// </summary>
    private static bool IsWorthIt(JobSpec spec, ReusableRun run, JobSeat[] seats, ReuseTerms terms)
    {
        var price = ReceiptReuse.Price(run.Charge, terms.Percent, seats.Length, spec.Assurance, limit: run.Charge);
        var left = price;
        foreach (var seat in seats.OrderBy(seat => seat.PricePerMillionFuel.BaseUnits).Take(spec.Assurance.Agreeing))
        {
            left -= TokenAmount.Min(left, JobPricing.ChargeOf(seat.PricePerMillionFuel, run.End, run.Spec));
        }
        return price <= spec.PriceMax && left.IsZero;
    }

    /// <summary>How a job ends that the run answers.</summary>
    /// <param name="run">The earlier one.</param>
    /// <param name="author">Who gets the program's part.</param>
    /// <param name="percent">How much of the earlier price is paid.</param>
    public static JobEnd End(ReusableRun run, AccountId author, int percent)
    {
        var seats = SeatsOf(run.End);
        return run.End with
        {
            Worker = null,
            Payee = seats[0].Payee,
            PricePerMillionFuel = TokenAmount.Zero,
            Log = default,
            History = [],
            Explanation = new JobExplanation($"The receipt of job {run.Job} of {run.EndedAt:O} answers it; it did not run.", []),
            Others = default,
            Certificate = null,
            Reuse = new JobReuse(
                Job: run.Job,
                Receipt: run.ReceiptHash,
                Percent: percent,
                Price: run.Charge,
                Executors: [.. seats.Select(seat => seat.Payee)],
                Author: author
            ),
        };
    }

    /// <summary>
    /// What an answer costs: the percentage of what so many of the earlier seats cost as the job itself would have needed at least,
    /// rounded up once. It is within the job's limit, or there was no answer.
    /// </summary>
    public static TokenAmount Charge(JobReuse reuse, JobSpec spec) =>
        ReceiptReuse.Price(reuse.Price, reuse.Percent, reuse.Executors.Length, spec.Assurance, spec.PriceMax);

    /// <summary>
    /// Half is those' who ran it, in equal parts, and half the program's author's. What cannot be divided goes to the first ones, one unit
    /// each.
    /// </summary>
    public static ImmutableArray<PayeeAmount> Shares(JobReuse reuse, TokenAmount charge)
    {
        var author = charge.BaseUnits / 2;
        var (each, rest) = UInt128.DivRem(charge.BaseUnits - author, (UInt128)reuse.Executors.Length);
        var shares = ImmutableArray.CreateBuilder<PayeeAmount>(reuse.Executors.Length + 1);
        for (var index = 0; index < reuse.Executors.Length; index++)
        {
            Add(reuse.Executors[index], (UInt128)index < rest ? each + 1 : each);
        }
        Add(reuse.Author, author);
        return shares.ToImmutable();

        void Add(AccountId payee, UInt128 amount)
        {
            if (amount > 0)
            {
                shares.Add(new PayeeAmount(payee, new TokenAmount(amount)));
            }
        }
    }

    /// <summary>Those that ran it, in the order of its receipt.</summary>
    private static JobSeat[] SeatsOf(JobEnd end) => JobReceipts.SeatsOf(end);

    private static bool IsRefused(JobSeat seat, JobNeeds? needs, RefusalList? refusals) =>
        Has(needs?.RefusedWorkers, seat.Worker)
        || Has(needs?.RefusedOwners, seat.Payee)
        || Has(refusals?.Workers, seat.Worker)
        || Has(refusals?.Owners, seat.Payee);

    private static bool Has<TItem>(ImmutableArray<TItem>? items, TItem item) =>
        items is { IsDefaultOrEmpty: false } some && some.Contains(item);
}
