using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Marketplace.Verify.Idempotency;

/// <summary>A route that is not a GET, a request of it, and what the client learns from a good answer.</summary>
/// <param name="Changes">False for posts that change nothing that a client can list: reads, and the begin of a check.</param>
internal sealed record HttpCase(Func<HttpRequestMessage> Request, Func<JsonElement, string> Learn, bool Changes = true);

/// <summary>The cases by method and route, as the API's own document names them.</summary>
internal static class HttpCases
{
    /// <summary>Each of these makes something new, by its nature; a client looks before it sends them again.</summary>
    public static IReadOnlySet<string> NeverRepeated { get; } =
        new HashSet<string>(StringComparer.Ordinal)
        {
            "POST /v1/keys",
            "POST /v1/events/tickets",
            "POST /v1/sign-ins",
            "POST /v1/sign-ins:use",
            "POST /v1/accounts",
        };

    /// <summary>What the cases need to be there: made before the first of them.</summary>
    internal sealed record Things(
        BlobId Module,
        ProgramId Program,
        ProgramId Stateful,
        BlobId Unwanted,
        ProgramId UnwantedProgram,
        JobId Cancelled,
        string Key,
        AccountId Own,
        AccountId Payee
    );

    /// <summary>A program that keeps state.</summary>
    public static async Task<ProgramId> DeployStateful(MarketplaceClient client)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "kvstore", "kvstore.wasm"));
        return (await client.Programs.Deploy(module, "kvstore")).Id;
    }

    public static Dictionary<string, HttpCase> All(Things things) =>
        Work(things).Concat(Money(things)).Concat(Workers(things)).ToDictionary(StringComparer.Ordinal);

    private static Dictionary<string, HttpCase> Money(Things things) =>
        new()
        {
            ["POST /v1/transfers"] = new(
                () =>
                    Json(
                        Routes.Transfers,
                        JsonContent.Create(new TransferRequest("rent", things.Payee, new TokenAmount(7)), ApiJson.Default.TransferRequest)
                    ),
                account => $"{Text(account, "id")} {Text(account, "spent")}"
            ),
            ["POST /v1/accounts/{account}/credits"] = new(
                () =>
                    Json(
                        Routes.AccountCredits(things.Own),
                        JsonContent.Create(new CreditRequest("gift", new TokenAmount(5)), ApiJson.Default.CreditRequest)
                    ),
                account => Text(account, "id")
            ),
            ["PUT /v1/account/refusals"] = new(
                () =>
                    new HttpRequestMessage(HttpMethod.Put, Routes.AccountRefusals)
                    {
                        Content = JsonContent.Create(new RefusalsRequest([Worker], [things.Payee]), ApiJson.Default.RefusalsRequest),
                    },
                refusals => refusals.GetRawText()
            ),
            // Without a chain it is refused, each time alike. That an address may be bound twice, the tests of settlements show.
            ["PUT /v1/account/chain"] = new(
                () =>
                    new HttpRequestMessage(HttpMethod.Put, Routes.AccountChain)
                    {
                        Content = JsonContent.Create(
                            new AccountChainRequest(default, new byte[64], new byte[65]),
                            ApiJson.Default.AccountChainRequest
                        ),
                    },
                _ => "",
                Changes: false
            ),
            ["POST /v1/quotes"] = new(
                () =>
                    Json(
                        Routes.Quotes,
                        JsonContent.Create(
                            new QuoteRequest { Program = things.Program, Assurances = [Assurance.None] },
                            ApiJson.Default.QuoteRequest
                        )
                    ),
                sheet => Text(sheet.GetProperty("quotes")[0], "wrongAccepted"),
                Changes: false
            ),
            ["POST /v1/accounts/challenges"] = new(
                () =>
                    Json(
                        Routes.AccountChallenges,
                        JsonContent.Create(new ChallengeRequest(things.Payee), ApiJson.Default.ChallengeRequest)
                    ),
                challenge => Text(challenge, "market"),
                Changes: false
            ),
        };

    /// <summary>A worker of which nothing is known.</summary>
    public static WorkerId Worker { get; } = new(Crypto.Blake3.Hash("worker"u8));

    /// <summary>A stake that is made before the cases, and taken back by one of them.</summary>
    public static StakeRequest Unwanted { get; } = new("unwanted", new TokenAmount(2));

    private static Dictionary<string, HttpCase> Workers(Things things) =>
        new()
        {
            ["POST /v1/workers/{worker}/maintenance"] = new(
                () =>
                    Json(
                        Routes.WorkerMaintenance(Worker),
                        JsonContent.Create(new MaintenanceRequest(On: true), ApiJson.Default.MaintenanceRequest)
                    ),
                reputation => reputation.GetProperty("maintenance").GetRawText()
            ),
            ["POST /v1/workers/{worker}/stake"] = new(
                () =>
                    Json(
                        Routes.WorkerStake(Worker),
                        JsonContent.Create(new StakeRequest("stake", new TokenAmount(3)), ApiJson.Default.StakeRequest)
                    ),
                reputation => StakeIn(reputation, "stake")
            ),
            ["POST /v1/workers/{worker}/unstake"] = new(
                () =>
                    Json(
                        Routes.WorkerUnstake(Worker),
                        JsonContent.Create(new UnstakeRequest([Unwanted.RequestId]), ApiJson.Default.UnstakeRequest)
                    ),
                reputation => StakeIn(reputation, Unwanted.RequestId)
            ),
            ["PUT /v1/silo/log-levels"] = new(
                () =>
                    new HttpRequestMessage(HttpMethod.Put, Routes.SiloLogLevels)
                    {
                        Content = JsonContent.Create(
                            new LogLevelRequest("Marketplace.Idempotency", LogSeverity.Error),
                            ApiJson.Default.LogLevelRequest
                        ),
                    },
                levels => levels.GetRawText()
            ),
            ["POST /v1/admissions/{worker}/decisions"] = new(
                () =>
                    Json(
                        Routes.AdmissionDecisions(Worker),
                        JsonContent.Create(new AdmissionRequest("admission", Admitted: true, "ours"), ApiJson.Default.AdmissionRequest)
                    ),
                admission => admission.GetRawText()
            ),
            // It has no faults: both are refused, each time alike. What they do, the cases of the grains show.
            ["POST /v1/workers/{worker}/appeals"] = new(
                () =>
                    Json(
                        Routes.WorkerAppeals(Worker),
                        JsonContent.Create(new AppealRequest("appeal", [things.Cancelled], "words"), ApiJson.Default.AppealRequest)
                    ),
                _ => "",
                Changes: false
            ),
            ["POST /v1/workers/{worker}/decisions"] = new(
                () =>
                    Json(
                        Routes.WorkerDecisions(Worker),
                        JsonContent.Create(new DecisionRequest("appeal", Granted: true, "words"), ApiJson.Default.DecisionRequest)
                    ),
                _ => "",
                Changes: false
            ),
        };

    private static string StakeIn(JsonElement reputation, string requestId) =>
        reputation.GetProperty("stakes").EnumerateArray().Single(stake => Text(stake, "requestId") == requestId).GetRawText();

    private static Dictionary<string, HttpCase> Work(Things things) =>
        new()
        {
            ["POST /v1/jobs"] = new(() => Post(Routes.Jobs, Job("one", things.Program)), job => Text(job, "id")),
            ["POST /v1/jobs:batch"] = new(
                () =>
                    Json(
                        Routes.JobsBatch,
                        JsonContent.Create(
                            new JobBatchRequest([Job("two", things.Program), Job("three", things.Program)]),
                            ApiJson.Default.JobBatchRequest
                        )
                    ),
                answer => Regardless(answer, "existed")
            ),
            ["POST /v1/jobs:get"] = new(
                () => Json(Routes.JobsGet, JsonContent.Create(new JobsGetRequest([things.Cancelled]), ApiJson.Default.JobsGetRequest)),
                answer => Text(answer.GetProperty("jobs")[0], "id"),
                Changes: false
            ),
            ["POST /v1/jobs/{job}/cancel"] = new(
                () => new HttpRequestMessage(HttpMethod.Post, Routes.JobCancel(things.Cancelled)),
                job => $"{Text(job, "id")} {Text(job, "state")}"
            ),
            ["POST /v1/blobs"] = new(() => Bytes(HttpMethod.Post, Routes.Blobs, "posted"), blob => blob.GetRawText()),
            ["PUT /v1/blobs/{blob}"] = new(
                () => Bytes(HttpMethod.Put, Routes.Blob(Crypto.IdDerivation.Blob(Encoding.UTF8.GetBytes("put"))), "put"),
                blob => blob.GetRawText()
            ),
            ["DELETE /v1/blobs/{blob}"] = new(() => new HttpRequestMessage(HttpMethod.Delete, Routes.Blob(things.Unwanted)), _ => ""),
            ["POST /v1/programs"] = new(
                () =>
                    Json(
                        Routes.Programs,
                        JsonContent.Create(
                            new ProgramRequest(things.Module, "again", Encoding.UTF8.GetBytes("salt")),
                            ApiJson.Default.ProgramRequest
                        )
                    ),
                program => program.GetRawText()
            ),
            ["DELETE /v1/programs/{program}"] = new(
                () => new HttpRequestMessage(HttpMethod.Delete, Routes.Program(things.UnwantedProgram)),
                _ => ""
            ),
            ["POST /v1/programs/{program}/state:import"] = new(
                () =>
                {
                    var (root, chunk) = WholeState();
                    return Json(
                        Routes.ProgramStateImport(things.Stateful),
                        JsonContent.Create(new StateImportRequest(root, chunk), ApiJson.Default.StateImportRequest)
                    );
                },
                imported => imported.GetRawText()
            ),
            ["POST /v1/books"] = new(() => new HttpRequestMessage(HttpMethod.Post, Routes.Books), _ => "", Changes: false),
            // Without a worker's lease it is refused, each time alike. That a run may bring an output twice, the cases of the grains show.
            ["PUT /v1/workers/leases/{lease}/outputs/{blob}"] = new(
                () => Bytes(HttpMethod.Put, Routes.LeaseOutput(new LeaseId(1, 1), things.Module), "brought"),
                _ => "",
                Changes: false
            ),
            ["DELETE /v1/keys/{key}"] = new(() => new HttpRequestMessage(HttpMethod.Delete, Routes.Key(things.Key)), _ => ""),
        };

    /// <summary>Two keys: one chunk.</summary>
    private static (StateRoot Root, byte[] Chunk) WholeState()
    {
        var tree = Storage.StateTree.InMemory.With([new("a"u8.ToArray(), "1"u8.ToArray()), new("b"u8.ToArray(), "2"u8.ToArray())]).Result;
        return (tree.Root, tree.Chunk(null).Result.ToBytes());
    }

    public static JobRequest Job(string requestId, ProgramId program) =>
        new()
        {
            RequestId = requestId,
            Program = program,
            PriceMax = new TokenAmount(100),
            InputText = "hello",
        };

    public static HttpRequestMessage Post(string route, JobRequest job) => Json(route, JsonContent.Create(job, ApiJson.Default.JobRequest));

    private static HttpRequestMessage Json(string route, JsonContent content) => new(HttpMethod.Post, route) { Content = content };

    private static HttpRequestMessage Bytes(HttpMethod method, string route, string text) =>
        new(method, route)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") },
            },
        };

    private static string Text(JsonElement record, string member) => record.GetProperty(member).GetString()!;

    /// <summary>The answer but for a member that says that an earlier request did it.</summary>
    private static string Regardless(JsonElement answer, string member) =>
        string.Join(
            ' ',
            answer
                .EnumerateObject()
                .SelectMany(list => list.Value.EnumerateArray())
                .Select(item =>
                    string.Join(',', item.EnumerateObject().Where(each => each.Name != member).Select(each => each.Value.GetRawText()))
                )
        );
}
