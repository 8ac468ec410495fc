using System.Security.Cryptography;
using System.Text.Json;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Marketplace.Gateway;

/// <summary>
/// The outermost guard: whatever goes wrong inside leaves as a problem of the closed list, and nothing of the inside leaves with it.
/// </summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
{
    public async Task Invoke(HttpContext http)
    {
        try
        {
            await next(http);
            if (IsBareError(http.Response))
            {
                await WriteFrameworkError(http);
            }
        }
        catch (Exception fault)
        {
            // A reset is seen by who reads the body before the request is said to be aborted.
            if (fault is ConnectionResetException || (fault is OperationCanceledException && http.RequestAborted.IsCancellationRequested))
            {
                Leave(http);
            }
            else if (http.Response.HasStarted)
            {
                Abort(http, fault);
            }
            else
            {
                await Answer(http, fault);
            }
        }
    }

    private static bool IsBareError(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null };

    private static Task WriteFrameworkError(HttpContext http) =>
        http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ProblemFactory.Write(http, ErrorCode.NotFound, GatewayMessages.NoRoute),
            StatusCodes.Status405MethodNotAllowed => ProblemFactory.Write(
                http,
                ErrorCode.NotFound,
                GatewayMessages.MethodNotAllowed(http.Request.Method),
                StatusCodes.Status405MethodNotAllowed
            ),
            _ => ProblemFactory.Write(http, ErrorCode.MalformedRequest, GatewayMessages.ReaderLost, http.Response.StatusCode),
        };

    /// <summary>
    /// The client has gone, which is its right: nothing is wrong, and no answer reaches it. The status is for those who count requests.
    /// </summary>
    private void Leave(HttpContext http)
    {
        Left(log, http.Request.Method, RouteOf(http));
        if (!http.Response.HasStarted)
        {
            http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
    }

    /// <summary>Part of the answer is out: only a broken connection can still tell the client that the rest is missing.</summary>
    private void Abort(HttpContext http, Exception fault)
    {
        // The time of the request is over, because its reader is slow: not a fault of ours.
        if (fault is OperationCanceledException)
        {
            TooSlow(log, http.Request.Method, RouteOf(http));
        }
        else
        {
            Broken(log, NewIncident(), http.Request.Method, RouteOf(http), fault);
        }
        http.Abort();
    }

    private Task Answer(HttpContext http, Exception fault) =>
        fault switch
        {
            MarketException refused => ProblemFactory.Write(http, refused.Code, refused.Message),
            JsonException malformed => ProblemFactory.Write(http, ErrorCode.MalformedRequest, JsonFaults.Describe(malformed)),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => ProblemFactory.Write(
                http,
                ErrorCode.BodyTooLarge,
                GatewayMessages.BodyTooLarge(BodyRule.Of(http)?.BytesMax ?? 0)
            ),
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => ProblemFactory.Write(
                http,
                ErrorCode.LimitExceeded,
                GatewayMessages.TooSlow,
                StatusCodes.Status408RequestTimeout
            ),
            BadHttpRequestException broken => ProblemFactory.Write(
                http,
                ErrorCode.MalformedRequest,
                GatewayMessages.ReaderLost,
                broken.StatusCode
            ),
            BlobTooLargeException large => ProblemFactory.Write(http, ErrorCode.BodyTooLarge, GatewayMessages.BlobTooLarge(large.SizeMax)),
            BlobMismatchException mismatch => ProblemFactory.Write(http, ErrorCode.BlobMismatch, mismatch.Message),
            InsufficientDiskException => ProblemFactory.Write(http, ErrorCode.StorageFull, GatewayMessages.StorageFull),
            InconsistentStateException => ProblemFactory.Write(http, ErrorCode.Unavailable, GatewayMessages.LostWrite),
            // The silo went while it had the call: a request that changes something may have done so.
            SiloUnavailableException when !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) =>
                ProblemFactory.Write(http, ErrorCode.OutcomeUnknown, GatewayMessages.TimedOut),
            LimitExceededException or OrleansMessageRejectionException => ProblemFactory.Write(
                http,
                ErrorCode.Unavailable,
                GatewayMessages.Overloaded
            ),
            TimeoutException => ProblemFactory.Write(http, ErrorCode.OutcomeUnknown, GatewayMessages.TimedOut),
            _ => AnswerOwnFault(http, fault),
        };

    private Task AnswerOwnFault(HttpContext http, Exception fault)
    {
        var incident = NewIncident();
        Failed(log, incident, http.Request.Method, RouteOf(http), fault);
        return fault switch
        {
            BlobDamagedException damaged => ProblemFactory.Write(
                http,
                ErrorCode.BlobDamaged,
                GatewayMessages.BlobDamaged(damaged.Damage.Id)
            ),
            StoreStoppedException => ProblemFactory.Write(http, ErrorCode.OutcomeUnknown, GatewayMessages.StorageStopped),
            // What was put into a folder that was lost meanwhile is put again by the same request.
            BlobFolderException or StoreUnavailableException { MayHaveHappened: false } => ProblemFactory.Write(
                http,
                ErrorCode.Unavailable,
                GatewayMessages.Overloaded
            ),
            StoreUnavailableException => ProblemFactory.Write(http, ErrorCode.OutcomeUnknown, GatewayMessages.TimedOut),
            _ => ProblemFactory.Write(http, ErrorCode.Internal, GatewayMessages.Internal(incident)),
        };
    }

    private static string NewIncident() => RandomNumberGenerator.GetHexString(12, lowercase: true);

    /// <summary>The route's pattern, not the path: what a client chose does not get into the log.</summary>
    private static string RouteOf(HttpContext http) => http.GetEndpoint()?.DisplayName ?? "no route";

    [LoggerMessage(Level = LogLevel.Error, Message = "Incident {Incident}: {Method} {Route} failed.")]
    private static partial void Failed(ILogger log, string incident, string method, string route, Exception fault);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Incident {Incident}: {Method} {Route} failed in the middle of its answer; the connection was cut."
    )]
    private static partial void Broken(ILogger log, string incident, string method, string route, Exception fault);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Route}: the client left before the end of its answer.")]
    private static partial void Left(ILogger log, string method, string route);

    [LoggerMessage(
        Level = LogLevel.Debug,
        Message = "{Method} {Route}: the client did not read its answer in time; the connection was cut."
    )]
    private static partial void TooSlow(ILogger log, string method, string route);
}
