using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>A job that a client ordered.</summary>
/// <param name="Payer">Whose job it is.</param>
/// <param name="Spec">As it was ordered first.</param>
/// <param name="Writes">It writes program state.</param>
internal sealed record OrderedJob(AccountId Payer, GrainInterfaces.JobSpec Spec, bool Writes)
{
    /// <summary>The market has said that it is durable.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>How its client saw it end; null while it has not.</summary>
    public JobStatus? Seen { get; set; }
}

/// <summary>One attempt to report, which has a number that the job's end shows.</summary>
/// <param name="Worker">Who sent it.</param>
/// <param name="PayTo">For whom that one works.</param>
/// <param name="Price">What it asks.</param>
/// <param name="Report">What it said.</param>
/// <param name="SentAt">When.</param>
/// <param name="Offer">The worker's offer at that time, counted.</param>
internal sealed record SentReport(
    WorkerId Worker,
    AccountId PayTo,
    TokenAmount Price,
    LeaseReport Report,
    DateTimeOffset SentAt,
    int Offer
);

/// <summary>
/// What clients and workers did and were told, beside the grains: what ends of jobs and payments are compared with. What contradicts it at
/// once is a violation with its step.
/// </summary>
internal sealed class MarketFacts(SimulatedRunTrail trail, MarketShards shards)
{
    private readonly Dictionary<(WorkerId Worker, LeaseId Lease), (JobId Job, int Offer, TokenAmount Price)> _given = [];
    private readonly Dictionary<(WorkerId Worker, LeaseId Lease), HashSet<BlobId>> _brought = [];
    private readonly Dictionary<WorkerId, (long Start, long Sequence)> _lastPoll = [];
    private readonly Dictionary<(WorkerId Worker, long Sequence, JobId Job), long> _starts = [];
    private readonly List<SentReport> _reports = [];
    private readonly HashSet<JobId> _doubled = [];
    private readonly Dictionary<(string Shard, long Start), DateTimeOffset> _lostStarts = [];
    private readonly Dictionary<JobId, JobEnding> _endings = [];

    public SimulatedRunTrail Trail => trail;

    public SortedDictionary<JobId, OrderedJob> Jobs { get; } = [];

    /// <summary>Money that owners have sent one another, as acknowledged.</summary>
    public Dictionary<(AccountId From, string Request), TransferOrder> Transfers { get; } = [];

    /// <summary>Money that has left, as acknowledged.</summary>
    public Dictionary<AccountId, TokenAmount> Withdrawn { get; } = [];

    public IReadOnlyDictionary<JobId, JobEnding> Endings => _endings;

    public int Leases => _given.Count;

    /// <summary>Those that workers had from another shard than their own.</summary>
    public int LeasesOfOtherShards => _given.Keys.Count(given => shards.KeyOfNumber(given.Lease.Start) != shards.KeyOf(given.Worker));

    /// <summary>Reports on a lease of an earlier start, whose worker has a lease of the same number and job of a later one.</summary>
    public int EarlierStarts { get; private set; }

    /// <summary>Jobs that two shards had leased at a time.</summary>
    public int Doubles => _doubled.Count;

    public void Doubled(JobId job) => _doubled.Add(job);

    /// <summary>Leases on which the worker has reported a run's end, for those that pay.</summary>
    public int RunsReported(WorkerId worker) =>
        _reports.Where(sent => sent.Worker == worker).Select(sent => sent.Report.Lease).Distinct().Count();

    /// <summary>Another worker's lease, for one that lies.</summary>
    public (LeaseId Lease, JobId Job)? LeaseOfAnother(WorkerId worker, Func<WorkerId, bool> isNear, int choice)
    {
        var others = _given.Where(given => given.Key.Worker != worker && isNear(given.Key.Worker)).TakeLast(6).ToArray();
        return others.Length == 0 ? null : (others[choice % others.Length].Key.Lease, others[choice % others.Length].Value.Job);
    }

    /// <summary>The worker's offer reaches the market now, or may just have: its polls are counted anew from there.</summary>
    public void Offers(WorkerId worker) => _lastPoll.Remove(worker);

    /// <summary>An answer to a poll left the market, whether it arrives or not.</summary>
    public void Ordered(WorkerPoll poll, WorkerOrders orders, int offer)
    {
        if (!orders.Known)
        {
            return;
        }
        var (place, last) = ((poll.Start, poll.Sequence), _lastPoll.GetValueOrDefault(poll.Worker));
        var isOld = place.CompareTo(last) < 0;
        _lastPoll[poll.Worker] = isOld ? last : place;
        foreach (var lease in orders.Leases)
        {
            if (_given.TryAdd((poll.Worker, lease.Id), (lease.Ticket.Job, offer, lease.Price!.Value)))
            {
                _starts[(poll.Worker, lease.Id.Sequence, lease.Ticket.Job)] = lease.Id.Start;
                trail.Note($"worker {poll.Worker} gets lease {lease.Id} of job {lease.Ticket.Job}");
                trail.Check(!isOld, $"poll {poll.Sequence} of worker {poll.Worker} came after later ones and got lease {lease.Id}");
            }
        }
    }

    /// <summary>The bytes are in the store, and the market has said that the lease's run brought them.</summary>
    public void Brought(WorkerId worker, LeaseId lease, BlobId output)
    {
        if (!_brought.TryGetValue((worker, lease), out var outputs))
        {
            _brought.Add((worker, lease), outputs = []);
        }
        outputs.Add(output);
    }

    /// <summary>The report as it is sent: its log has the number of this attempt.</summary>
    public LeaseReport Sends(WorkerId worker, AccountId payTo, TokenAmount price, LeaseReport report, DateTimeOffset at, int offer)
    {
        var numbered = report with { Log = Encoding.ASCII.GetBytes(_reports.Count.ToString(CultureInfo.InvariantCulture)) };
        _reports.Add(new SentReport(worker, payTo, price, numbered, at, offer));
        if (_starts.GetValueOrDefault((worker, report.Lease.Sequence, report.Job), report.Lease.Start) > report.Lease.Start)
        {
            EarlierStarts++;
        }
        trail.Note($"worker {worker} sends report {_reports.Count - 1}: lease {report.Lease} of job {report.Job} is {report.Outcome}");
        return numbered;
    }

    /// <summary>The activation of a shard is gone with its leases.</summary>
    public void LoseStart(string shard, long start, DateTimeOffset at) => _lostStarts.TryAdd((shard, start), at);

    /// <summary>A job's document was written: an end stays as it is.</summary>
    public void Stored(JobId id, JobState job, Action<JobId, TokenAmount> charged)
    {
        if (job.Ending is not { } ending)
        {
            trail.Check(!_endings.ContainsKey(id), $"job {id} had ended and is open again");
            return;
        }
        if (_endings.TryGetValue(id, out var first))
        {
            trail.Check(
                (first.End.Status, first.Charge, first.EndedAt) == (ending.End.Status, ending.Charge, ending.EndedAt),
                $"job {id} ended as {first.End.Status} for {first.Charge} and again as {ending.End.Status} for {ending.Charge}"
            );
            return;
        }
        trail.Note($"job {id} is {ending.End.Status} for {ending.Charge}");
        _endings.Add(id, ending);
        charged(id, ending.Charge);
        foreach (var violation in JobInvariants.Violations(job).Concat(ViolationsOf(id, job)))
        {
            trail.Check(false, $"job {id}: {violation}");
        }
    }

    /// <summary>What is wrong with an end, by what was ordered, leased and reported.</summary>
    private IEnumerable<string> ViolationsOf(JobId id, JobState job)
    {
        var (end, charge) = (job.Ending!.End, job.Ending.Charge);
        if (end.Status == JobStatus.Cancelled)
        {
            return charge > CostOfAll(job.Spec, end) ? [$"its cancellation costs {charge} for {end.FuelUsed} fuel"] : [];
        }
        if (end.Fault is not (JobFault.None or JobFault.Program) && end.Log.IsEmpty)
        {
            return charge.IsZero ? [] : [$"it costs {charge} without a run"];
        }
        return int.TryParse(Encoding.ASCII.GetString(end.Log.Span), CultureInfo.InvariantCulture, out var number) && number < _reports.Count
            ? ViolationsOf(id, job, _reports[number], number)
            : ["it ended by a report that was not sent"];
    }

    private IEnumerable<string> ViolationsOf(JobId id, JobState job, SentReport sent, int number)
    {
        var (end, charge, report) = (job.Ending!.End, job.Ending.Charge, sent.Report);
        var place = (sent.Worker, report.Lease);
        if (report.Job != id || end.Worker != sent.Worker || end.Payee != sent.PayTo)
        {
            yield return $"it ended as a run of worker {end.Worker} by report {number}, which worker {sent.Worker} sent of {report.Job}";
        }
        if (!_given.TryGetValue(place, out var given) || given.Job != id)
        {
            yield return $"report {number} of worker {sent.Worker} had effect, without the lease {report.Lease}";
            yield break;
        }
        if (_lostStarts.TryGetValue((shards.KeyOfNumber(report.Lease.Start), report.Lease.Start), out var lostAt) && lostAt < sent.SentAt)
        {
            yield return $"report {number} had effect, and start {report.Lease.Start} of its lease was lost before, at {lostAt:T}";
        }
        var wasSentBefore = _reports.Exists(other =>
            other.Worker == sent.Worker && other.Report.Lease == report.Lease && other.Offer == given.Offer
        );
        if (sent.Offer != given.Offer && !wasSentBefore)
        {
            yield return $"report {number} had effect, and its worker had offered again since it got the lease";
        }
        // An auction never pays a worker less than it bid, which here is what it asks.
        var asked = sent.Price * (uint)Math.Max(1, job.Spec.Priority);
        if (job.Spec.Auction > TimeSpan.Zero ? given.Price < asked : given.Price != asked)
        {
            yield return $"its lease pays {given.Price}, and its worker asks {asked}";
        }
        var paysFor = end.Fault is JobFault.None or JobFault.Program;
        var expected = paysFor
            ? CostOfAll(job.Spec, end with { PricePerMillionFuel = given.Price, FuelUsed = report.FuelUsed })
            : TokenAmount.Zero;
        foreach (var seat in end.Others.IsDefault ? [] : end.Others)
        {
            if (!IsOfRun(seat, id, report))
            {
                yield return $"worker {seat.Worker} is paid {seat.PricePerMillionFuel} beside, and has not reported the same";
            }
        }
        if (!job.Spec.Assurance.IsNone && paysFor && Agreeing(end) < job.Spec.Assurance.Agreeing)
        {
            yield return $"it ended by {Agreeing(end)} results, and {job.Spec.Assurance} takes more";
        }
        if (!end.Others.IsDefault && end.Others.Select(seat => seat.Payee).Append(sent.PayTo).Distinct().Count() < Agreeing(end))
        {
            yield return $"two of the {Agreeing(end)} results by which it ended are of one owner";
        }
        if (charge != expected)
        {
            yield return $"it costs {charge}, and a run of {report.FuelUsed} fuel at {given.Price} costs {expected}";
        }
        if (
            end.Status == JobStatus.Completed
            && (
                !end.Output.Inline.Span.SequenceEqual(report.Output.Inline.Span)
                || end.Output.Blob != report.Output.Blob
                || (end.Output.Blob is { } blob && _brought.GetValueOrDefault(place)?.Contains(blob) != true)
            )
        )
        {
            yield return $"its output is not what the run of lease {report.Lease} brought";
        }
        if (report.Outcome is RunOutcome.InvalidModule or RunOutcome.InputUnavailable && !MayBelieve(id, job.Spec, report))
        {
            yield return $"it ended as {report.Outcome} by one worker's word";
        }
    }

    private static int Agreeing(JobEnd end) => 1 + (end.Others.IsDefault ? 0 : end.Others.Length);

    /// <summary>The worker has had a lease of the job at that price, and has reported what the first one did.</summary>
    private bool IsOfRun(JobSeat seat, JobId job, LeaseReport report) =>
        _given.Any(given => given.Key.Worker == seat.Worker && given.Value.Job == job && given.Value.Price == seat.PricePerMillionFuel)
        && _reports.Exists(sent =>
            sent.Worker == seat.Worker
            && sent.PayTo == seat.Payee
            && sent.Report.Job == job
            && sent.Report.Execution == report.Execution
            && sent.Report.Execution is not null
        );

    private static TokenAmount CostOfAll(GrainInterfaces.JobSpec spec, JobEnd end) =>
        (end.Others.IsDefault ? [] : end.Others).Aggregate(
            Cost(spec, end.FuelUsed, end.PricePerMillionFuel),
            (sum, seat) => TokenAmount.Min(spec.PriceMax, sum + Cost(spec, end.FuelUsed, seat.PricePerMillionFuel))
        );

    /// <summary>Two workers have said the same, or it was the job's last attempt.</summary>
    private bool MayBelieve(JobId id, GrainInterfaces.JobSpec spec, LeaseReport report) =>
        _reports
            .Where(sent => sent.Report.Job == id && sent.Report.Outcome == report.Outcome)
            .Select(sent => sent.Worker)
            .Distinct()
            .Count() > 1
        || _given.Count(given => given.Value.Job == id) > spec.RetriesMax;

    /// <summary>What so much fuel costs, written down once more: rounded up, within the job's limits.</summary>
    public static TokenAmount Cost(GrainInterfaces.JobSpec spec, long fuel, TokenAmount price)
    {
        var cost = ((UInt128)Math.Clamp(fuel, 0, spec.FuelMax) * price.BaseUnits + 999_999) / 1_000_000;
        return TokenAmount.Min(new TokenAmount(cost), spec.PriceMax);
    }
}
