namespace Marketplace.Api;

/// <summary>The paths of the HTTP API, for the gateway that serves them and the clients that call them.</summary>
public static class Routes
{
    public const string Jobs = "/v1/jobs";
    public const string JobsBatch = "/v1/jobs:batch";
    public const string JobsGet = "/v1/jobs:get";
    public const string Blobs = "/v1/blobs";
    public const string Programs = "/v1/programs";
    public const string Account = "/v1/account";
    public const string Keys = "/v1/keys";
    public const string Market = "/v1/market";
    public const string Events = "/v1/events";
    public const string EventTickets = "/v1/events/tickets";
    public const string HealthLive = "/health/live";
    public const string HealthReady = "/health/ready";
    public const string OpenApi = "/openapi/v1.json";

    public static string Job(JobId id) => $"{Jobs}/{id}";

    public static string JobOutput(JobId id) => $"{Jobs}/{id}/output";

    public static string JobLog(JobId id) => $"{Jobs}/{id}/log";

    public static string JobExplanation(JobId id) => $"{Jobs}/{id}/explain";

    public static string JobCancel(JobId id) => $"{Jobs}/{id}/cancel";

    public static string Blob(BlobId id) => $"{Blobs}/{id}";

    public static string Program(ProgramId id) => $"{Programs}/{id}";

    public static string Key(string id) => $"{Keys}/{Uri.EscapeDataString(id)}";
}
