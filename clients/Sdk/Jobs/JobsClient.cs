using System.Globalization;
using System.Text;
using System.Text.Json;
using Marketplace.Receipts;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>
/// Jobs of the account. A submission may be repeated without harm, because its request id names the job. Methods that take a
/// <see cref="JobSpec"/> make the request id, and find the price limit, where it leaves them out: once per call, so that repetitions of the
/// call's requests reach the same job.
/// </summary>
public partial class JobsClient
{
    private readonly HttpTransport _transport;
    private readonly BlobsClient _blobs;
    private readonly MarketClient _market;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected JobsClient() => (_transport, _blobs, _market) = (null!, null!, null!);

    internal JobsClient(HttpTransport transport, BlobsClient blobs, MarketClient market) =>
        (_transport, _blobs, _market) = (transport, blobs, market);

    /// <summary>
    /// Submits a job. The answer comes when it is durable, or when it has ended, at the latest after <paramref name="wait"/>.
    /// </summary>
    /// <param name="wait">At most 20 seconds; longer waits are what <see cref="Wait"/> is for.</param>
    public virtual Task<Job> Submit(JobRequest request, TimeSpan wait = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var seconds = WaitSeconds(wait);
        var path = seconds == 0 ? Routes.Jobs : $"{Routes.Jobs}?{Routes.Wait}={seconds}";
        return _transport.Ask<JobRequest, Job>(
            path,
            request,
            ApiJson.Default.JobRequest,
            cancellation,
            wait: TimeSpan.FromSeconds(seconds)
        );
    }

    /// <summary>Submits a job and waits until it has ended, however long that takes; look at its state.</summary>
    /// <param name="progress">Told how the job stands whenever an answer says so.</param>
    public virtual async Task<Job> Run(JobRequest request, IProgress<Job>? progress = null, CancellationToken cancellation = default)
    {
        var job = await Submit(request, TimeSpan.FromSeconds(Routes.WaitSecondsMax), cancellation).ConfigureAwait(false);
        progress?.Report(job);
        return job.State.HasEnded() ? job : await Wait(job.Id, progress, cancellation: cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Submits 1 to 1,000 jobs. One result per item, in order; an item can be refused while others are accepted. Items that the service
    /// could not take at that moment, or of which it does not know the outcome, are sent again as often as requests are repeated.
    /// </summary>
    public virtual async Task<IReadOnlyList<JobBatchItem>> SubmitBatch(
        IReadOnlyList<JobRequest> requests,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count is < 1 or > Routes.BatchItemsMax)
        {
            throw new ArgumentOutOfRangeException(nameof(requests), requests.Count, $"A batch has 1 to {Routes.BatchItemsMax} jobs.");
        }
        var results = await Send(requests, cancellation).ConfigureAwait(false);
        for (var attempt = 1; _transport.MayRepeat(attempt, Repeat.Safe); attempt++)
        {
            var open = Enumerable
                .Range(0, results.Count)
                .Where(item => results[item].Code is { } code && MarketplaceException.IsTransient(code))
                .ToArray();
            if (open.Length == 0)
            {
                break;
            }
            await _transport.Backoff.Wait(attempt, null, cancellation).ConfigureAwait(false);
            var again = await Send([.. open.Select(item => requests[item])], cancellation).ConfigureAwait(false);
            var merged = results.ToArray();
            for (var item = 0; item < open.Length; item++)
            {
                merged[open[item]] = again[item];
            }
            results = merged;
        }
        return results;
    }

    /// <summary>How a job stands.</summary>
    public virtual Task<Job> Get(JobId id, CancellationToken cancellation = default) =>
        _transport.Ask<Job>(HttpMethod.Get, Routes.Job(id), cancellation);

    /// <summary>How 1 to 1,000 jobs stand, in one request.</summary>
    public virtual Task<JobsGetResponse> GetMany(IReadOnlyList<JobId> ids, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count is < 1 or > Routes.BatchItemsMax)
        {
            throw new ArgumentOutOfRangeException(nameof(ids), ids.Count, $"One request asks for 1 to {Routes.BatchItemsMax} jobs.");
        }
        return _transport.Ask<JobsGetRequest, JobsGetResponse>(
            Routes.JobsGet,
            new JobsGetRequest(ids),
            ApiJson.Default.JobsGetRequest,
            cancellation
        );
    }

    /// <summary>Waits until a job has ended.</summary>
    /// <param name="slice">How often <paramref name="progress"/> is told at least, in whole seconds; left out: every 20 seconds.</param>
    public virtual async Task<Job> Wait(
        JobId id,
        IProgress<Job>? progress = null,
        TimeSpan? slice = null,
        CancellationToken cancellation = default
    )
    {
        var seconds = Math.Max(1, WaitSeconds(slice ?? TimeSpan.FromSeconds(Routes.WaitSecondsMax)));
        var path = $"{Routes.Job(id)}?{Routes.Wait}={seconds}";
        for (var early = 0; ; )
        {
            var start = _transport.Options.TimeProvider.GetTimestamp();
            var job = await _transport
                .Ask<Job>(HttpMethod.Get, path, cancellation, wait: TimeSpan.FromSeconds(seconds))
                .ConfigureAwait(false);
            progress?.Report(job);
            if (job.State.HasEnded())
            {
                return job;
            }
            // A service that is being stopped answers early; without a pause, asking it again would become a busy loop.
            early = _transport.Options.TimeProvider.GetElapsedTime(start).TotalSeconds < seconds / 2.0 ? early + 1 : 0;
            if (early > 0)
            {
                await _transport.Backoff.Wait(early, null, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The account's jobs, newest first, fetched page by page as they are read.</summary>
    /// <param name="state">Only jobs in this state.</param>
    /// <param name="program">Only jobs of this program.</param>
    /// <param name="pageSize">Jobs fetched at a time.</param>
    /// <param name="cancellation">Ends the list.</param>
    public virtual IAsyncEnumerable<JobListItem> List(
        JobState? state = null,
        ProgramId? program = null,
        int pageSize = 100,
        CancellationToken cancellation = default
    ) => Paging.Items<JobListItem>(_transport, ListPath(state, program), pageSize, cancellation);

    /// <summary>
    /// The account's jobs whose ids begin with these digits, in the order of their ids: to find the one that a few digits name.
    /// </summary>
    /// <param name="digits">8 to 64 hexadecimal digits.</param>
    /// <param name="most">Items at most, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual Task<IReadOnlyList<JobListItem>> Find(string digits, int most = 10, CancellationToken cancellation = default) =>
        Paging.Find<JobListItem>(_transport, Routes.Jobs, digits, most, cancellation);

    /// <summary>One page of the list.</summary>
    /// <param name="state">Only jobs in this state.</param>
    /// <param name="program">Only jobs of this program.</param>
    /// <param name="cursor"><see cref="Page{T}.Next"/> of the page before; null: the first page.</param>
    /// <param name="pageSize">Jobs of the page.</param>
    /// <param name="cancellation">Ends the request.</param>
    public virtual Task<Page<JobListItem>> ListPage(
        JobState? state = null,
        ProgramId? program = null,
        string? cursor = null,
        int pageSize = 100,
        CancellationToken cancellation = default
    ) => Paging.Page<JobListItem>(_transport, ListPath(state, program), pageSize, cursor, cancellation);

    /// <summary>
    /// Cancels a job. A run that had begun costs what it had used. Cancelling one that was cancelled before changes nothing.
    /// </summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.JobEnded"/>: it ended otherwise before.</exception>
    public virtual async Task<Job> Cancel(JobId id, CancellationToken cancellation = default)
    {
        try
        {
            return await _transport.Ask<Job>(HttpMethod.Post, Routes.JobCancel(id), cancellation).ConfigureAwait(false);
        }
        catch (MarketplaceException refused) when (refused.Code == ErrorCode.JobEnded)
        {
            // Perhaps an attempt whose answer was lost has cancelled it.
            var job = await Get(id, cancellation).ConfigureAwait(false);
            if (job.State == JobState.Cancelled)
            {
                return job;
            }
            throw;
        }
    }

    /// <summary>The input that a job was submitted with, at most 64 MiB.</summary>
    public virtual async Task<byte[]> Input(JobId id, CancellationToken cancellation = default)
    {
        await using var stream = await _blobs.Open(Routes.JobInput(id), null, cancellation).ConfigureAwait(false);
        return await ReadAll(stream, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Opens the output of a completed job; an output that is a blob is verified, see
    /// <see cref="BlobsClient.Open(BlobId, CancellationToken)"/>.
    /// </summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.OutputNotAvailable"/>: the job has not completed.</exception>
    public virtual async Task<Stream> OpenOutput(JobId id, CancellationToken cancellation = default) =>
        await OpenOutput(await Get(id, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    /// <inheritdoc cref="OpenOutput(JobId, CancellationToken)"/>
    public virtual Task<Stream> OpenOutput(Job job, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        return job.Output switch
        {
            { Blob: { } blob } => _blobs.Open(Routes.JobOutput(job.Id), blob, cancellation),
            { Inline: { } inline } => Task.FromResult<Stream>(new MemoryStream(inline.ToArray(), writable: false)),
            _ => _blobs.Open(Routes.JobOutput(job.Id), null, cancellation),
        };
    }

    /// <summary>Opens a file that a completed job left; verified, see <see cref="BlobsClient.Open(BlobId, CancellationToken)"/>.</summary>
    /// <param name="job">A completed job.</param>
    /// <param name="name">The file's name, one of those in <see cref="JobOutput.Files"/>.</param>
    /// <exception cref="ArgumentException">The job left no such file.</exception>
    public virtual Task<Stream> OpenOutputFile(Job job, string name, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        var file =
            job.Output?.Files?.FirstOrDefault(file => file.Name == name)
            ?? throw new ArgumentException($"The job {job.Id} left no file '{name}'.", nameof(name));
        return _blobs.Open(file.Blob, cancellation);
    }

    /// <summary>The output of a completed job, at most 64 MiB.</summary>
    public virtual async Task<byte[]> Output(JobId id, CancellationToken cancellation = default) =>
        await Output(await Get(id, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    /// <inheritdoc cref="Output(JobId, CancellationToken)"/>
    public virtual async Task<byte[]> Output(Job job, CancellationToken cancellation = default)
    {
        await using var stream = await OpenOutput(job, cancellation).ConfigureAwait(false);
        return await ReadAll(stream, cancellation).ConfigureAwait(false);
    }

    /// <summary>The output of a completed job as UTF-8 text.</summary>
    public virtual async Task<string> OutputText(Job job, CancellationToken cancellation = default) =>
        Encoding.UTF8.GetString(await Output(job, cancellation).ConfigureAwait(false));

    /// <summary>
    /// What the program wrote to its log. The program's author chose these bytes: do not send them to a terminal as they are.
    /// </summary>
    public virtual async Task<byte[]> Log(JobId id, CancellationToken cancellation = default)
    {
        await using var stream = await _blobs.Open(Routes.JobLog(id), null, cancellation).ConfigureAwait(false);
        return await ReadAll(stream, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// The receipt of a job that has ended: what was run on what, what came out, and what it cost, signed by worker and market.
    /// <see cref="ReceiptChecks"/> checks it.
    /// </summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.ReceiptNotFound"/>: the job has not ended.</exception>
    /// <exception cref="MarketplaceProtocolException">What came is no receipt.</exception>
    public virtual async Task<ReceiptFile> Receipt(JobId id, CancellationToken cancellation = default)
    {
        await using var stream = await _blobs.Open(Routes.JobReceipt(id), null, cancellation).ConfigureAwait(false);
        try
        {
            var file = ReceiptFile.Parse(await ReadAll(stream, cancellation).ConfigureAwait(false));
            return file.Receipt.Execution.Invocation.Job == id
                ? file
                : throw new MarketplaceProtocolException(
                    _transport.Url,
                    $"The receipt that came for job {id} is that of job {file.Receipt.Execution.Invocation.Job}"
                );
        }
        catch (ReceiptFormatException malformed)
        {
            throw new MarketplaceProtocolException(_transport.Url, $"The receipt of job {id} is none: {malformed.Message}", malformed);
        }
    }

    /// <summary>Why a job was matched as it was, or why it waits.</summary>
    public virtual Task<JobExplanation> Explain(JobId id, CancellationToken cancellation = default) =>
        _transport.Ask<JobExplanation>(HttpMethod.Get, Routes.JobExplanation(id), cancellation);

    private async Task<IReadOnlyList<JobBatchItem>> Send(IReadOnlyList<JobRequest> requests, CancellationToken cancellation)
    {
        var answer = await _transport
            .Ask<JobBatchRequest, JobBatchResponse>(
                Routes.JobsBatch,
                new JobBatchRequest(requests),
                ApiJson.Default.JobBatchRequest,
                cancellation
            )
            .ConfigureAwait(false);
        return answer.Results.Count == requests.Count
            ? answer.Results
            : throw new MarketplaceProtocolException(
                _transport.Url,
                $"A batch of {requests.Count} jobs got {answer.Results.Count} results"
            );
    }

    private async Task<byte[]> ReadAll(Stream stream, CancellationToken cancellation)
    {
        await using var bounded = new BoundedStream(stream, SdkPolicy.OutputBytesMax, _transport.Url);
        using var memory = new MemoryStream();
        await bounded.CopyToAsync(memory, cancellation).ConfigureAwait(false);
        return memory.ToArray();
    }

    private static string ListPath(JobState? state, ProgramId? program)
    {
        var path = new StringBuilder(Routes.Jobs);
        if (state is { } only)
        {
            path.Append('?').Append(Routes.State).Append('=').Append(JsonNamingPolicy.SnakeCaseLower.ConvertName(only.ToString()));
        }
        if (program is { } of)
        {
            path.Append(state is null ? '?' : '&').Append(Routes.ProgramFilter).Append('=').Append(of);
        }
        return path.ToString();
    }

    private static int WaitSeconds(TimeSpan wait) =>
        wait >= TimeSpan.Zero && wait.TotalSeconds <= Routes.WaitSecondsMax
            ? (int)Math.Ceiling(wait.TotalSeconds)
            : throw new ArgumentOutOfRangeException(
                nameof(wait),
                wait,
                string.Create(CultureInfo.InvariantCulture, $"One request waits for 0 to {Routes.WaitSecondsMax} seconds.")
            );
}
