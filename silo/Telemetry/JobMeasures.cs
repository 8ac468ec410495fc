using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>
/// Counts jobs, and adds to a job's trace what the silo knows of it: its stages are read from the stored history when it has ended, so
/// grains measure nothing.
/// </summary>
internal sealed class JobMeasures(Meter meter) : IJobWatch
{
    private readonly Counter<long> _submitted = MarketMetrics.JobsSubmitted.CreateCounter(meter);
    private readonly Counter<long> _ended = MarketMetrics.JobsEnded.CreateCounter(meter);
    private readonly Counter<long> _fuel = MarketMetrics.FuelUsed.CreateCounter(meter);
    private readonly Counter<long> _charged = MarketMetrics.Charged.CreateCounter(meter);
    private readonly Counter<long> _receipts = MarketMetrics.Receipts.CreateCounter(meter);
    private readonly Counter<long> _dropped = MarketMetrics.JobsDropped.CreateCounter(meter);
    private readonly Histogram<double> _duration = MarketMetrics.JobDuration.CreateHistogram(meter);
    private readonly Histogram<double> _match = MarketMetrics.MatchDuration.CreateHistogram(meter);

    public void Created(JobId job) => _submitted.Add(1);

    public void Ended(JobView job, DateTimeOffset heldAt, bool isSigned)
    {
        var state = KeyValuePair.Create<string, object?>("state", Word(job.Status));
        _ended.Add(1, state, KeyValuePair.Create<string, object?>("fault", Word(job.Fault)));
        _fuel.Add(job.FuelUsed);
        _charged.Add((long)UInt128.Min(job.Charge.BaseUnits, (ulong)long.MaxValue));
        _duration.Record((job.EndedAt!.Value - job.SubmittedAt).TotalSeconds, state);
        if (isSigned)
        {
            _receipts.Add(1, KeyValuePair.Create<string, object?>("assurance", Word(job.Spec.Assurance.Kind)));
        }
        if (job.History.LastOrDefault(step => step.Status == JobStatus.Matched) is { } matched)
        {
            _match.Record((matched.At - job.SubmittedAt).TotalSeconds);
        }
        if (JobTrace.Traces(job.Id))
        {
            Trace(job, heldAt);
        }
    }

    public void Settled(JobId job, DateTimeOffset from, DateTimeOffset to) => JobTrace.AddStage(job, JobStage.Settle, from, to);

    public void Dropped(JobId job) => _dropped.Add(1);

    private static void Trace(JobView job, DateTimeOffset heldAt)
    {
        JobTrace.AddWhole(
            job.Id,
            heldAt,
            job.EndedAt!.Value,
            Attribute("state", Word(job.Status)),
            Attribute("fault", Word(job.Fault)),
            Attribute("code", job.Code?.ToString()),
            Attribute("fuel", job.FuelUsed),
            Attribute("program", job.Spec.Program.ToString())
        );
        JobTrace.AddStage(job.Id, JobStage.Hold, heldAt, job.SubmittedAt);
        foreach (var (step, next) in job.History.Zip(job.History.Skip(1)))
        {
            if (StageOf(step.Status) is { } stage)
            {
                JobTrace.AddStage(
                    job.Id,
                    stage,
                    step.At,
                    next.At,
                    links: null,
                    Attribute("worker", step.Worker?.ToString()),
                    Attribute("note", step.Note)
                );
            }
        }
    }

    /// <summary>What a job that came to this status is in until it comes to the next one.</summary>
    private static JobStage? StageOf(JobStatus status) =>
        status switch
        {
            JobStatus.Pending => JobStage.Match,
            JobStatus.Matched or JobStatus.Running => JobStage.Lease,
            JobStatus.Verifying => JobStage.Verify,
            _ => null,
        };

    private static KeyValuePair<string, object?> Attribute(string name, object? value) => new($"marketplace.job.{name}", value);

    private static string Word<TWord>(TWord word)
        where TWord : struct, Enum => Words<TWord>.Of[word];

    /// <summary>Written once, not for each job.</summary>
    private static class Words<TWord>
        where TWord : struct, Enum
    {
        public static readonly FrozenDictionary<TWord, string> Of = Enum.GetValues<TWord>()
            .ToFrozenDictionary(word => word, word => JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString()));
    }
}
