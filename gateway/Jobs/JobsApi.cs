using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>Jobs: submit, look, wait, cancel. What a job gave and wrote is served by <see cref="JobContentApi"/>.</summary>
internal static class JobsApi
{
    /// <summary>The members of <see cref="JobsGetResponse"/>, which is written piece by piece.</summary>
    private static readonly string JobsGetList = JsonNamingPolicy.CamelCase.ConvertName(nameof(JobsGetResponse.Jobs));
    private static readonly string JobsGetNotFound = JsonNamingPolicy.CamelCase.ConvertName(nameof(JobsGetResponse.NotFound));

    private static readonly QueryRule Wait = new(
        Routes.Wait,
        $"Seconds to wait for the end of the job, at most {GatewayPolicy.WaitSecondsMax}."
    )
    {
        Range = new QueryRange(0, GatewayPolicy.WaitSecondsMax, Absent: 0),
    };

    private static readonly QueryRule State = new(Routes.State, $"Only jobs in this state: {string.Join(", ", States())}.")
    {
        Value = typeof(JobState),
    };

    private static readonly QueryRule Program = new(Routes.ProgramFilter, "Only jobs of this program.") { Value = typeof(ProgramId) };

    /// <summary>Why the market does not take a job. In a batch the same codes stand in the results.</summary>
    private static readonly ErrorCode[] SubmitRefusals =
    [
        ErrorCode.ProgramNotFound,
        ErrorCode.EntryPointNotFound,
        ErrorCode.BlobNotFound,
        ErrorCode.RequestIdReused,
        ErrorCode.JobDropped,
        ErrorCode.InsufficientFunds,
        ErrorCode.SpendLimitReached,
        ErrorCode.PriceTooLow,
        ErrorCode.AssuranceRefused,
        ErrorCode.ReuseRefused,
        ErrorCode.TooManyOpenJobs,
        ErrorCode.QueueFull,
        ErrorCode.StorageFull,
        ErrorCode.AccountNotFound,
    ];

    public static void MapJobsApi(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("").WithTags("Jobs");
        jobs.MapPost(Routes.Jobs, Submit)
            .WithName("SubmitJob")
            .Needs(Scopes.Submit)
            .TakesJson(typeof(JobRequest), GatewayPolicy.JobBodyBytesMax)
            .TakesQuery(Wait)
            .MayWait()
            .Produces<Job>(StatusCodes.Status201Created)
            .Produces<Job>(StatusCodes.Status202Accepted)
            .Refuses(SubmitRefusals);
        jobs.MapGet(Routes.Jobs, List)
            .WithName("ListJobs")
            .Needs(Scopes.Read)
            .TakesQuery(State, Program, Pages.Prefix, Pages.Cursor, Pages.Limit)
            .HoldsPage(GatewayPolicy.RowBytes);
        jobs.MapPost(Routes.JobsBatch, SubmitBatch)
            .WithName("SubmitJobs")
            .Needs(Scopes.Submit)
            .TakesJson(typeof(JobBatchRequest), GatewayPolicy.BatchBodyBytesMax)
            .Holds(GatewayPolicy.BatchAnswerBytes)
            .Refuses(ErrorCode.AccountNotFound);
        jobs.MapPost(Routes.JobsGet, GetMany)
            .WithName("GetJobs")
            .Needs(Scopes.Read)
            .TakesJson(typeof(JobsGetRequest), GatewayPolicy.IdsBodyBytesMax)
            .Holds(GatewayPolicy.JobsAnswerBytes)
            .AnswersLong();
        jobs.MapGet($"{Routes.Jobs}/{{job}}", Get)
            .WithName("GetJob")
            .Needs(Scopes.Read)
            .TakesQuery(Wait)
            .MayWait()
            .Produces<Job>(StatusCodes.Status202Accepted)
            .Refuses(ErrorCode.JobNotFound, ErrorCode.JobDropped);
        jobs.MapGet($"{Routes.Jobs}/{{job}}/explain", Explain)
            .WithName("ExplainJob")
            .Needs(Scopes.Read)
            .Refuses(ErrorCode.JobNotFound, ErrorCode.JobDropped);
        jobs.MapPost($"{Routes.Jobs}/{{job}}/cancel", Cancel)
            .WithName("CancelJob")
            .Needs(Scopes.Submit)
            .Refuses(ErrorCode.JobNotFound, ErrorCode.JobDropped, ErrorCode.JobEnded);
    }

    /// <summary>
    /// Submits one job. 201 when it is new, 200 when the same request had created it before; with <c>wait</c>, 202 where the job has not
    /// ended in time.
    /// </summary>
    internal static async Task<JsonAnswer<Job>> Submit(HttpContext http, IGrainFactory grains, RateLimits rates, TimeProvider time)
    {
        var seconds = RequestReader.Number(http, Wait);
        var item = JobMapper.ToItem(await RequestReader.Body(http, RequestReader.Json.JobRequest));
        var caller = http.Caller();
        var submission = SubmissionTrace.Begin(http, time);
        using var place = seconds > 0 ? rates.EnterWait(caller.Account) : null;
        var results = await grains.GetGrain<ISubmissionGrain>(0).Submit(caller, [item]).HoldsBodyOf(http).WaitAsync(http.RequestAborted);
        var result = results[0];
        SetRetryAfter(http, results);
        if (result.Code is { } code)
        {
            throw new MarketException(code, result.Message ?? "");
        }
        http.BodyIsUsed();
        submission?.End(results);
        var view = await JobWait.For(grains.GetGrain<IJobGrain>(result.Job.ToString()), caller, seconds, time, http.RequestAborted);
        var status =
            seconds > 0 && !view.Status.HasEnded() ? StatusCodes.Status202Accepted
            : result.Existed ? StatusCodes.Status200OK
            : StatusCodes.Status201Created;
        return new JsonAnswer<Job>(JobMapper.ToJob(view), ApiJson.Default.Job) { Status = status, Location = Routes.Job(result.Job) };
    }

    /// <summary>Submits up to 1,000 jobs. The answer has one result per item, in order; a refused item does not touch the others.</summary>
    internal static async Task<JsonAnswer<JobBatchResponse>> SubmitBatch(HttpContext http, IGrainFactory grains, TimeProvider time)
    {
        var batch = await RequestReader.Body(http, RequestReader.Json.JobBatchRequest);
        if (batch.Jobs.Count is 0 or > MarketLimits.BatchJobsMax)
        {
            throw TooMany("jobs", batch.Jobs.Count, MarketLimits.BatchJobsMax);
        }
        var submission = SubmissionTrace.Begin(http, time);
        var results = await grains
            .GetGrain<ISubmissionGrain>(0)
            .Submit(http.Caller(), JobMapper.ToItems(batch.Jobs))
            .HoldsBodyOf(http)
            .WaitAsync(http.RequestAborted);
        SetRetryAfter(http, results);
        submission?.End(results);
        return Answer.Large(JobMapper.ToResponse(results), ApiJson.Default.JobBatchResponse);
    }

    /// <summary>The account's jobs, newest first.</summary>
    internal static async Task<JsonAnswer<Page<JobListItem>>> List(HttpContext http, IAccountLists lists, TimeProvider time)
    {
        var status = RequestReader.Text(http, State.Name) is { } state ? StatusOf(state) : (JobStatus?)null;
        var program = RequestReader.Text(http, Program.Name) is { } text ? RequestReader.Program(text) : (ProgramId?)null;
        var page = await Pages.Read(http, lists, time, (request, aborted) => lists.Jobs(request, status, program, aborted));
        return Answer.Large(
            new Page<JobListItem>([.. page.Items.Select(JobMapper.ToListItem)], PageCursor.Write(page.Next)),
            ApiJson.Default.PageJobListItem
        );
    }

    /// <summary>Many jobs in one request. Ids that this account has no job for are listed, not refused.</summary>
    internal static async Task<StreamedAnswer<JobsGetResponse, Job>> GetMany(HttpContext http, IGrainFactory grains)
    {
        var ids = (await RequestReader.Body(http, RequestReader.Json.JobsGetRequest)).Ids;
        if (ids.Count is 0 or > Routes.BatchItemsMax)
        {
            throw TooMany("ids", ids.Count, Routes.BatchItemsMax);
        }
        var caller = http.Caller();
        var isMissing = new bool[ids.Count];
        return new StreamedAnswer<JobsGetResponse, Job>
        {
            List = JobsGetList,
            Count = ids.Count,
            GroupItems = GatewayPolicy.JobsPerGroup,
            Form = ApiJson.Default.Job,
            Make = async index =>
            {
                var view = await Find(grains, ids[index], caller);
                isMissing[index] = view is null;
                return view is null ? null : JobMapper.ToJob(view);
            },
            End = json =>
            {
                json.WriteStartArray(JobsGetNotFound);
                foreach (var id in ids.Where((_, index) => isMissing[index]))
                {
                    json.WriteStringValue(id.ToString());
                }
                json.WriteEndArray();
            },
        };
    }

    /// <summary>One job; with <c>wait</c>, when it has ended or the time is over (202).</summary>
    internal static async Task<JsonAnswer<Job>> Get(HttpContext http, string job, IGrainFactory grains, RateLimits rates, TimeProvider time)
    {
        var seconds = RequestReader.Number(http, Wait);
        var grain = grains.GetGrain<IJobGrain>(RequestReader.Job(job).ToString());
        using var place = seconds > 0 ? rates.EnterWait(http.Caller().Account) : null;
        var view = await JobWait.For(grain, http.Caller(), seconds, time, http.RequestAborted);
        var status = seconds > 0 && !view.Status.HasEnded() ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
        return new JsonAnswer<Job>(JobMapper.ToJob(view), ApiJson.Default.Job) { Status = status };
    }

    /// <summary>Why the job was matched as it was, or why it still waits.</summary>
    internal static async Task<JsonAnswer<JobExplanation>> Explain(HttpContext http, string job, IGrainFactory grains)
    {
        var grain = grains.GetGrain<IJobGrain>(RequestReader.Job(job).ToString());
        var view = await grain.Get(http.Caller()).WaitAsync(http.RequestAborted);
        var explanation = await grain.Explain(http.Caller()).WaitAsync(http.RequestAborted);
        return Answer.Ok(JobMapper.ToExplanation(view, explanation), ApiJson.Default.JobExplanation);
    }

    /// <summary>
    /// Cancels the job, unless it has ended. A run that had begun costs what it had used by its worker's last word. Sending it again gives
    /// the same answer.
    /// </summary>
    internal static async Task<JsonAnswer<Job>> Cancel(HttpContext http, string job, IGrainFactory grains)
    {
        var view = await grains.GetGrain<IJobGrain>(RequestReader.Job(job).ToString()).Cancel(http.Caller()).WaitAsync(http.RequestAborted);
        return Answer.Ok(JobMapper.ToJob(view), ApiJson.Default.Job);
    }

    /// <summary>When the last of the refused jobs may come again, where the market says so.</summary>
    private static void SetRetryAfter(HttpContext http, ImmutableArray<SubmitResult> results)
    {
        if (results.Max(result => result.RetryAfter) is { } time)
        {
            http.Response.Headers.RetryAfter = ((long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
    }

    private static MarketException TooMany(string what, int seen, int max) =>
        new(ErrorCode.LimitExceeded, GatewayMessages.CountOutside(what, seen, max));

    private static IEnumerable<string> States() => Enum.GetValues<JobStatus>().Select(NameOf);

    private static string NameOf(JobStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(JobMapper.ToState(status).ToString());

    private static JobStatus StatusOf(string state)
    {
        foreach (var status in Enum.GetValues<JobStatus>())
        {
            if (NameOf(status) == state)
            {
                return status;
            }
        }
        throw RequestReader.Malformed(GatewayMessages.NotOneOf(State.Name, state, States()));
    }

    private static async Task<JobView?> Find(IGrainFactory grains, JobId id, Caller caller)
    {
        try
        {
            return await grains.GetGrain<IJobGrain>(id.ToString()).Get(caller);
        }
        catch (MarketException missing) when (missing.Code is ErrorCode.JobNotFound or ErrorCode.JobDropped)
        {
            return null;
        }
    }
}
