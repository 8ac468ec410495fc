using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// Between the job records of the API and those of the grains. Pure. Checks only what the grains' records cannot express; every bound is
/// checked by the market, per item.
/// </summary>
internal static class JobMapper
{
    /// <exception cref="MarketException">The request has a form that no job has: more than one input, or null in a list.</exception>
    public static SubmitItem ToItem(JobRequest request, int? index = null)
    {
        var inputs = (request.Input is null ? 0 : 1) + (request.InputText is null ? 0 : 1) + (request.InputBlob is null ? 0 : 1);
        if (inputs > 1)
        {
            throw RequestReader.Malformed(GatewayMessages.ManyInputs(PathOf(index)));
        }
        return new SubmitItem(
            request.RequestId,
            new JobSpec(
                Program: request.Program,
                EntryPoint: request.EntryPoint,
                Input: request.InputText is { } text ? Encoding.UTF8.GetBytes(text) : request.Input ?? default,
                InputBlob: request.InputBlob,
                Arguments: Arguments(request.Arguments, index),
                FuelMax: request.FuelMax ?? JobDefaults.FuelMax,
                MemoryPagesMax: request.MemoryPagesMax ?? JobDefaults.MemoryPagesMax,
                TimeMax: Time(request.TimeMaxMs) ?? JobDefaults.TimeMax,
                PriceMax: request.PriceMax,
                RetriesMax: request.RetriesMax ?? JobDefaults.RetriesMax,
                ExpiresAfter: Time(request.ExpiresAfterMs) ?? JobDefaults.ExpiresAfter,
                Files: Files(request.InputFiles),
                Environment: Environment(request.Environment, index),
                Needs: Needs(request.Needs, index),
                Priority: request.Priority ?? 0,
                Auction: Time(request.AuctionMs) ?? default,
                Group: Group(request, index),
                Assurance: request.Assurance ?? Assurance.None,
                Reuse: request.Reuse ?? false
            )
        );
    }

    public static ImmutableArray<SubmitItem> ToItems(IReadOnlyList<JobRequest> requests)
    {
        var items = new SubmitItem[requests.Count];
        for (var index = 0; index < items.Length; index++)
        {
            items[index] = ToItem(requests[index] ?? throw Null(PathOf(index)), index);
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(items);
    }

    public static JobBatchResponse ToResponse(ImmutableArray<SubmitResult> results)
    {
        var items = new JobBatchItem[results.Length];
        for (var index = 0; index < items.Length; index++)
        {
            var result = results[index];
            items[index] = new JobBatchItem(result.Job, result.Existed, result.Code, result.Message);
        }
        return new JobBatchResponse(items);
    }

    public static Job ToJob(JobView view) =>
        new()
        {
            Id = view.Id,
            RequestId = view.RequestId,
            Program = view.Spec.Program,
            State = ToState(view.Status),
            Fault = view.Fault,
            Code = view.Code,
            Reason = view.Reason,
            ExitCode = view.ExitCode,
            SubmittedAt = view.SubmittedAt,
            EndedAt = view.EndedAt,
            Worker = view.Worker,
            FuelMax = view.Spec.FuelMax,
            FuelUsed = view.FuelUsed,
            PriceMax = view.Spec.PriceMax,
            AuctionMs = view.Spec.Auction > TimeSpan.Zero ? (long)view.Spec.Auction.TotalMilliseconds : null,
            Group = view.Spec.Group?.Name,
            Spread = view.Spec.Group?.Spread,
            Assurance = view.Spec.Assurance.IsNone ? null : view.Spec.Assurance,
            Reuse = view.Spec.Reuse ? true : null,
            ReusedJob = view.ReusedJob,
            Charge = view.Charge,
            Output = OutputOf(view.Status, view.Output),
            StateRootBefore = view.RootBefore,
            StateRootAfter = view.RootAfter,
            History = [.. view.History.Select(step => new JobStep(ToState(step.Status), step.At, step.Worker, step.Note))],
        };

    public static JobEnded ToEnded(EndedJob job) =>
        new(
            Id: job.Job,
            RequestId: job.RequestId,
            State: ToState(job.Status),
            Code: job.Code,
            FuelUsed: job.FuelUsed,
            Charge: job.Charge,
            Output: OutputOf(job.Status, job.Output)
        );

    public static JobListItem ToListItem(JobSummary summary) =>
        new(
            Id: summary.Id,
            RequestId: summary.RequestId,
            Program: summary.Program,
            State: ToState(summary.Status),
            Code: summary.Code,
            SubmittedAt: summary.SubmittedAt,
            EndedAt: summary.EndedAt,
            FuelUsed: summary.FuelUsed,
            Charge: summary.Charge
        );

    public static JobState ToState(JobStatus status) =>
        status switch
        {
            JobStatus.Pending => JobState.Pending,
            JobStatus.Matched => JobState.Matched,
            JobStatus.Running => JobState.Running,
            JobStatus.Verifying => JobState.Verifying,
            JobStatus.Completed => JobState.Completed,
            JobStatus.Failed => JobState.Failed,
            JobStatus.Cancelled => JobState.Cancelled,
            JobStatus.TimedOut => JobState.TimedOut,
            JobStatus.Expired => JobState.Expired,
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, "This build knows no such status of a job."),
        };

    public static JobExplanation ToExplanation(JobView view, GrainInterfaces.JobExplanation explanation) =>
        new(
            view.Id,
            ToState(view.Status),
            explanation.Summary,
            [.. explanation.Offers.Select(offer => new OfferVerdict(offer.Worker, offer.Price, offer.Won, offer.Reason))],
            explanation.CheapestPrice
        );

    private static JobOutput? OutputOf(JobStatus status, GrainInterfaces.JobOutput output) =>
        status != JobStatus.Completed
            ? null
            : new JobOutput(output.Size, output.Blob is null ? output.Inline : default(ReadOnlyMemory<byte>?), output.Blob)
            {
                Files = output.Files.IsDefaultOrEmpty
                    ? null
                    : [.. output.Files.Select(file => new JobFile(file.Name, file.Blob, file.Size))],
            };

    // In the order of their names, so that the order of a request's members does not make another job of it.
    private static ImmutableArray<InputFile> Files(IReadOnlyDictionary<string, BlobId>? files) =>
        files is null
            ? []
            : [.. files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => new InputFile(file.Key, file.Value))];

    private static ImmutableArray<EnvironmentVariable> Environment(IReadOnlyDictionary<string, string>? environment, int? index)
    {
        if (environment is null)
        {
            return [];
        }
        return environment.Values.Contains(null!)
            ? throw Null($"{PathOf(index)}.environment")
            :
            [
                .. environment
                    .OrderBy(variable => variable.Key, StringComparer.Ordinal)
                    .Select(variable => new EnvironmentVariable(variable.Key, variable.Value)),
            ];
    }

    /// <summary>Ascending and each once, so that the order of a request's lists does not make another job of it.</summary>
    internal static GrainInterfaces.JobNeeds? Needs(JobNeeds? needs, int? index)
    {
        if (needs is null)
        {
            return null;
        }
        if (needs.Labels?.Contains(null!) == true)
        {
            throw Null($"{PathOf(index)}.needs.labels");
        }
        var mapped = new GrainInterfaces.JobNeeds(
            Labels: [.. (needs.Labels ?? []).Distinct().Order(StringComparer.Ordinal)],
            ReputationMin: needs.ReputationMin ?? 0,
            StakeMin: needs.StakeMin ?? TokenAmount.Zero,
            RefusedWorkers: [.. (needs.RefusedWorkers ?? []).Distinct().Order()],
            RefusedOwners: [.. (needs.RefusedOwners ?? []).Distinct().Order()],
            AllowsNewcomers: needs.AllowsNewcomers ?? false
        );
        return mapped.IsEmpty ? null : mapped;
    }

    private static ImmutableArray<string> Arguments(IReadOnlyList<string>? arguments, int? index)
    {
        if (arguments is null || arguments.Count == 0)
        {
            return [];
        }
        for (var argument = 0; argument < arguments.Count; argument++)
        {
            if (arguments[argument] is null)
            {
                throw Null(string.Create(CultureInfo.InvariantCulture, $"{PathOf(index)}.arguments[{argument}]"));
            }
        }
        return [.. arguments];
    }

    /// <summary>Numbers that no time can hold become the longest or shortest one, which the market refuses with its own words.</summary>
    private static JobGroupTerms? Group(JobRequest request, int? index) =>
        request.Group is { } name ? new JobGroupTerms(name, request.Spread ?? GroupSpread.Worker)
        : request.Spread is null ? null
        : throw RequestReader.Malformed(GatewayMessages.SpreadOfNoGroup(PathOf(index)));

    private static TimeSpan? Time(long? milliseconds) =>
        milliseconds switch
        {
            null => null,
            > long.MaxValue / TimeSpan.TicksPerMillisecond => TimeSpan.MaxValue,
            < long.MinValue / TimeSpan.TicksPerMillisecond => TimeSpan.MinValue,
            { } value => TimeSpan.FromTicks(value * TimeSpan.TicksPerMillisecond),
        };

    private static string PathOf(int? index) => index is null ? "$" : string.Create(CultureInfo.InvariantCulture, $"$.jobs[{index}]");

    private static MarketException Null(string path) =>
        RequestReader.Malformed(string.Format(CultureInfo.InvariantCulture, GatewayMessages.NullItem, path));
}
