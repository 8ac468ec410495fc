using System.Runtime.CompilerServices;

namespace Marketplace;

/// <summary>Jobs whose request id or price limit may be left out, one and many.</summary>
public partial class JobsClient
{
    /// <summary>
    /// What a job would cost, how long it would take and how sure its result would be, with each assurance that is asked for, by the offers
    /// of this moment. Nothing is held or promised.
    /// </summary>
    public virtual Task<QuoteSheet> Quote(QuoteRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.Ask<QuoteRequest, QuoteSheet>(Routes.Quotes, request, ApiJson.Default.QuoteRequest, cancellation);
    }

    /// <summary>Submits a job and gives a handle of it as soon as it is durable.</summary>
    /// <exception cref="PriceNotStatedException">The price limit is left out, and no safe one can be chosen.</exception>
    public virtual async Task<JobHandle> Start(JobSpec spec, CancellationToken cancellation = default) =>
        new(this, await Submit(await Request(spec, cancellation).ConfigureAwait(false), default, cancellation).ConfigureAwait(false));

    /// <summary>Submits a job and waits until it has ended, however long that takes; look at its state.</summary>
    /// <param name="spec">What to run.</param>
    /// <param name="progress">Told how the job stands whenever an answer says so.</param>
    /// <param name="cancellation">Ends the wait, not the job.</param>
    /// <exception cref="PriceNotStatedException">The price limit is left out, and no safe one can be chosen.</exception>
    public virtual async Task<Job> Run(JobSpec spec, IProgress<Job>? progress = null, CancellationToken cancellation = default) =>
        await Run(await Request(spec, cancellation).ConfigureAwait(false), progress, cancellation).ConfigureAwait(false);

    /// <summary>
    /// Runs many jobs, submitted in batches, with a bounded number open at a time. Results come as jobs end, in any order; each spec has
    /// exactly one. The specs are read as there is room, so they may be without end. Leaving the loop or cancelling stops submitting; jobs
    /// that are open run on.
    /// </summary>
    /// <param name="specs">What to run.</param>
    /// <param name="openMax">Jobs open at a time; left out: <see cref="SdkPolicy.OpenJobs"/>.</param>
    /// <param name="cancellation">Ends the results.</param>
    /// <exception cref="PriceNotStatedException">A price limit is left out, and no safe one can be chosen.</exception>
    public virtual async IAsyncEnumerable<JobResult> RunMany(
        IEnumerable<JobSpec> specs,
        int openMax = SdkPolicy.OpenJobs,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(specs);
        ArgumentOutOfRangeException.ThrowIfLessThan(openMax, 1);
        using var source = specs.GetEnumerator();
        var open = new List<Open>();
        var (taken, isDone) = (0, false);
        while (true)
        {
            var batch = new List<JobSpec>();
            var room = Math.Min(openMax - open.Count, Routes.BatchItemsMax);
            while (!isDone && batch.Count < room)
            {
                if (source.MoveNext())
                {
                    batch.Add(source.Current);
                }
                else
                {
                    isDone = true;
                }
            }
            if (batch.Count > 0)
            {
                var answers = await SubmitSpecs(batch, cancellation).ConfigureAwait(false);
                for (var item = 0; item < batch.Count; item++)
                {
                    var (index, answer) = (taken++, answers[item]);
                    if (answer.Code is { } refusal)
                    {
                        yield return new JobResult(index, batch[item], Job: null, refusal, answer.Message);
                    }
                    else
                    {
                        open.Add(new Open(index, batch[item], answer.Id));
                    }
                }
            }
            if (open.Count == 0 && isDone)
            {
                yield break;
            }
            foreach (var ended in open.Count == 0 ? [] : await Ended(open, cancellation).ConfigureAwait(false))
            {
                yield return ended;
            }
        }
    }

    /// <summary>Waits a moment for the oldest job, then takes all that have ended off the list.</summary>
    private async Task<List<JobResult>> Ended(List<Open> open, CancellationToken cancellation)
    {
        var ended = new List<JobResult>();
        var path = $"{Routes.Job(open[0].Id)}?{Routes.Wait}={WaitSeconds(SdkPolicy.OldestJobWait)}";
        await _transport.Ask<Job>(HttpMethod.Get, path, cancellation, wait: SdkPolicy.OldestJobWait).ConfigureAwait(false);
        var left = new List<Open>();
        foreach (var asked in open.Chunk(SdkPolicy.AskedJobsMax))
        {
            var answer = await GetMany([.. asked.Select(job => job.Id)], cancellation).ConfigureAwait(false);
            if (answer.NotFound.Count > 0)
            {
                throw new MarketplaceProtocolException(
                    _transport.Url,
                    $"The service took the job {answer.NotFound[0]} and does not know it any more"
                );
            }
            // Two specs of one request id are one job, with a result for each.
            var states = answer.Jobs.DistinctBy(job => job.Id).Where(job => job.State.HasEnded()).ToDictionary(job => job.Id);
            foreach (var job in asked)
            {
                if (states.TryGetValue(job.Id, out var state))
                {
                    ended.Add(new JobResult(job.Index, job.Spec, state));
                }
                else
                {
                    left.Add(job);
                }
            }
        }
        open.Clear();
        open.AddRange(left);
        return ended;
    }

    private async Task<IReadOnlyList<JobBatchItem>> SubmitSpecs(List<JobSpec> specs, CancellationToken cancellation)
    {
        // One look at the market for the batch, and one for each kind of assured job in it: prices do not move within it.
        MarketStatus? status = null;
        var quotes = new Dictionary<(ProgramId, long?, int?, JobNeeds?, int?, Assurance?), Quote>();
        var requests = new List<JobRequest>(specs.Count);
        foreach (var spec in specs)
        {
            if (spec.PriceMax is null && IsAssured(spec))
            {
                var kind = (spec.Program, spec.FuelMax, spec.MemoryPagesMax, spec.Needs, spec.Priority, spec.Assurance);
                if (!quotes.TryGetValue(kind, out var quote))
                {
                    quotes.Add(kind, quote = await FirstQuote(spec, cancellation).ConfigureAwait(false));
                }
                requests.Add(Priced(spec, quote.PriceMax, quote.Reason));
            }
            else
            {
                requests.Add(
                    spec.PriceMax is { } price
                        ? Request(spec, price)
                        : Priced(spec, status ??= await _market.Get(cancellation).ConfigureAwait(false))
                );
            }
        }
        return await SubmitBatch(requests, cancellation).ConfigureAwait(false);
    }

    private async Task<JobRequest> Request(JobSpec spec, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.PriceMax is { } price)
        {
            return Request(spec, price);
        }
        if (!IsAssured(spec))
        {
            return Priced(spec, await _market.Get(cancellation).ConfigureAwait(false));
        }
        var quote = await FirstQuote(spec, cancellation).ConfigureAwait(false);
        return Priced(spec, quote.PriceMax, quote.Reason);
    }

    private static JobRequest Request(JobSpec spec, TokenAmount price) => new(spec, spec.RequestId ?? RequestId.New(), price);

    /// <summary>More than one worker runs it, each of another owner: the cheapest one's price is not enough.</summary>
    private static bool IsAssured(JobSpec spec) => spec.Assurance is { IsNone: false };

    private async Task<Quote> FirstQuote(JobSpec spec, CancellationToken cancellation)
    {
        var request = QuoteRequest.Of(spec, spec.Assurance!.Value) with { FuelMax = FuelAsked(spec) };
        return (await Quote(request, cancellation).ConfigureAwait(false)).Quotes is [var quote, ..]
            ? quote
            : throw new MarketplaceProtocolException(_transport.Url, "The service gave no quote for the assurance that was asked for");
    }

    private static long FuelAsked(JobSpec spec) => spec.FuelMax ?? JobTerms.FuelMaxChosen;

    private JobRequest Priced(JobSpec spec, MarketStatus market) =>
        Priced(spec, MarketClient.QuoteOf(market, FuelAsked(spec)) * (uint)Math.Max(1, spec.Priority ?? 1), reason: null);

    /// <param name="spec">States no price limit.</param>
    /// <param name="quote">What <see cref="FuelAsked"/> costs now; null: there is no worker.</param>
    /// <param name="reason">Why the job's assurance cannot be had now; null: it can, or it asks for none.</param>
    private JobRequest Priced(JobSpec spec, TokenAmount? quote, string? reason)
    {
        var max = _transport.Options.UnstatedPriceMax;
        if (quote is not { } asked || reason is not null)
        {
            throw new PriceNotStatedException(quote, max, reason);
        }
        var fuel = spec.FuelMax ?? FuelPrice.Bought(max, JobTerms.FuelMaxUnstated, JobTerms.FuelMaxChosen, asked);
        var price = asked.MultiplyDivideRoundingUp((UInt128)fuel, (UInt128)FuelAsked(spec));
        return price <= max ? Request(spec with { FuelMax = fuel }, price) : throw new PriceNotStatedException(price, max);
    }

    private readonly record struct Open(int Index, JobSpec Spec, JobId Id);
}
