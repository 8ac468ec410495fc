using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Marketplace.Gateway;

/// <summary>Every error answer is made here: the code from the closed list, its HTTP status, its words.</summary>
internal static class ProblemFactory
{
    /// <summary>The one table from code to status and title; a test holds it complete.</summary>
    private static readonly Dictionary<ErrorCode, (int Status, string Title)> Table = new()
    {
        [ErrorCode.MalformedRequest] = (StatusCodes.Status400BadRequest, "The request is not of the expected form"),
        [ErrorCode.LimitExceeded] = (StatusCodes.Status400BadRequest, "A value is outside what is allowed"),
        [ErrorCode.BodyTooLarge] = (StatusCodes.Status413PayloadTooLarge, "The body is too large"),
        [ErrorCode.HeaderRefused] = (StatusCodes.Status403Forbidden, "A request header is not accepted"),
        [ErrorCode.Unauthenticated] = (StatusCodes.Status401Unauthorized, "A valid API key is needed"),
        [ErrorCode.Forbidden] = (StatusCodes.Status403Forbidden, "The key does not allow this"),
        [ErrorCode.RateLimited] = (StatusCodes.Status429TooManyRequests, "Too many requests"),
        [ErrorCode.NotFound] = (StatusCodes.Status404NotFound, "Not found"),
        [ErrorCode.JobNotFound] = (StatusCodes.Status404NotFound, "No such job"),
        [ErrorCode.JobDropped] = (StatusCodes.Status410Gone, "Job no longer kept"),
        [ErrorCode.ProgramNotFound] = (StatusCodes.Status404NotFound, "No such program"),
        [ErrorCode.BlobNotFound] = (StatusCodes.Status404NotFound, "No such blob"),
        [ErrorCode.AccountNotFound] = (StatusCodes.Status404NotFound, "No such account"),
        [ErrorCode.KeyNotFound] = (StatusCodes.Status404NotFound, "No such key"),
        [ErrorCode.WorkerNotFound] = (StatusCodes.Status404NotFound, "No such worker"),
        [ErrorCode.LeaseNotFound] = (StatusCodes.Status404NotFound, "No such lease"),
        [ErrorCode.RequestIdReused] = (StatusCodes.Status409Conflict, "The request id was used with another spec"),
        [ErrorCode.JobEnded] = (StatusCodes.Status409Conflict, "The job has ended"),
        [ErrorCode.OutputNotAvailable] = (StatusCodes.Status409Conflict, "The job has no output"),
        [ErrorCode.InsufficientFunds] = (StatusCodes.Status402PaymentRequired, "The balance is too low"),
        [ErrorCode.SpendLimitReached] = (StatusCodes.Status402PaymentRequired, "The key's spend limit is reached"),
        [ErrorCode.AssuranceRefused] = (StatusCodes.Status422UnprocessableEntity, "The assurance cannot be had for this job"),
        [ErrorCode.ReuseRefused] = (StatusCodes.Status422UnprocessableEntity, "The job cannot be answered from receipts"),
        [ErrorCode.PriceTooLow] = (StatusCodes.Status422UnprocessableEntity, "The price limit is too low for any offer"),
        [ErrorCode.TooManyOpenJobs] = (StatusCodes.Status429TooManyRequests, "Too many open jobs"),
        [ErrorCode.ProgramInUse] = (StatusCodes.Status409Conflict, "The program has open jobs"),
        [ErrorCode.QueueFull] = (StatusCodes.Status503ServiceUnavailable, "The queue is full"),
        [ErrorCode.TooManyKeys] = (StatusCodes.Status409Conflict, "Too many keys"),
        [ErrorCode.AppealRefused] = (StatusCodes.Status409Conflict, "The appeal is not possible"),
        [ErrorCode.EpochNotFound] = (StatusCodes.Status404NotFound, "No such epoch"),
        [ErrorCode.SettlementNotFound] = (StatusCodes.Status404NotFound, "No such settlement"),
        [ErrorCode.BatchNotFound] = (StatusCodes.Status404NotFound, "No such batch of receipts"),
        [ErrorCode.DisputeNotFound] = (StatusCodes.Status404NotFound, "The job has no dispute"),
        [ErrorCode.ReceiptNotFound] = (StatusCodes.Status404NotFound, "The job has no receipt"),
        [ErrorCode.StakeNotFound] = (StatusCodes.Status404NotFound, "No such stake"),
        [ErrorCode.ChallengeRefused] = (StatusCodes.Status403Forbidden, "The challenge is not accepted"),
        [ErrorCode.SignatureRefused] = (StatusCodes.Status403Forbidden, "The signature is not accepted"),
        [ErrorCode.TooManyAccounts] = (StatusCodes.Status429TooManyRequests, "Too many accounts were opened"),
        [ErrorCode.InvalidModule] = (StatusCodes.Status422UnprocessableEntity, "The module is not valid"),
        [ErrorCode.EntryPointNotFound] = (StatusCodes.Status422UnprocessableEntity, "No such entry point"),
        [ErrorCode.BlobMismatch] = (StatusCodes.Status422UnprocessableEntity, "The content does not hash to the id"),
        [ErrorCode.BlobDamaged] = (StatusCodes.Status500InternalServerError, "The stored blob is damaged"),
        [ErrorCode.RangeNotSatisfiable] = (StatusCodes.Status416RangeNotSatisfiable, "The range is not inside the content"),
        [ErrorCode.StorageFull] = (StatusCodes.Status507InsufficientStorage, "The storage is full"),
        [ErrorCode.QuotaExceeded] = (StatusCodes.Status403Forbidden, "The account's storage quota is used up"),
        [ErrorCode.StateNotEmpty] = (StatusCodes.Status409Conflict, "The program has had state"),
        [ErrorCode.StateRootGone] = (StatusCodes.Status409Conflict, "The state's root is not kept"),
        [ErrorCode.Unavailable] = (StatusCodes.Status503ServiceUnavailable, "The service is not available now"),
        [ErrorCode.OutcomeUnknown] = (StatusCodes.Status504GatewayTimeout, "The outcome is not known"),
        [ErrorCode.Internal] = (StatusCodes.Status500InternalServerError, "A fault of the service"),

        // How jobs end. They stand in jobs and reach an answer of their own only where a request is refused for the same reason.
        [ErrorCode.ProgramTrapped] = (StatusCodes.Status422UnprocessableEntity, "The program trapped"),
        [ErrorCode.ProgramFailed] = (StatusCodes.Status422UnprocessableEntity, "The program failed"),
        [ErrorCode.OutOfFuel] = (StatusCodes.Status422UnprocessableEntity, "The program used up its fuel"),
        [ErrorCode.OutOfMemory] = (StatusCodes.Status422UnprocessableEntity, "The program asked for too much memory"),
        [ErrorCode.TimeExceeded] = (StatusCodes.Status422UnprocessableEntity, "The program ran too long"),
        [ErrorCode.OutputTooLarge] = (StatusCodes.Status422UnprocessableEntity, "The program gave too much output"),
        [ErrorCode.WorkerFailed] = (StatusCodes.Status422UnprocessableEntity, "Every worker failed"),
        [ErrorCode.InputUnavailable] = (StatusCodes.Status422UnprocessableEntity, "The input could not be fetched"),
        [ErrorCode.StateUnavailable] = (StatusCodes.Status422UnprocessableEntity, "The program's state could not be read"),
        [ErrorCode.NoWorker] = (StatusCodes.Status422UnprocessableEntity, "No worker took the job"),
        [ErrorCode.CancelledByClient] = (StatusCodes.Status422UnprocessableEntity, "The client cancelled the job"),
    };

    /// <summary>Where HTTP has a more exact status than the code's usual one, that status has the title.</summary>
    private static readonly Dictionary<int, string> Titles = new()
    {
        [StatusCodes.Status405MethodNotAllowed] = "The method is not allowed here",
        [StatusCodes.Status408RequestTimeout] = "The request came too slowly",
        [StatusCodes.Status414UriTooLong] = "The request line is too long",
        [StatusCodes.Status415UnsupportedMediaType] = "The type or the encoding of the body is not accepted",
        [StatusCodes.Status426UpgradeRequired] = "This route is a WebSocket",
        [StatusCodes.Status431RequestHeaderFieldsTooLarge] = "The request headers are too large",
    };

    public static int StatusOf(ErrorCode code) => Table[code].Status;

    public static string TitleOf(ErrorCode code, int? status = null) =>
        Titles.GetValueOrDefault(status ?? StatusOf(code), Table[code].Title);

    /// <summary>The code as it is written in JSON.</summary>
    public static string NameOf(ErrorCode code) => JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString());

    public static Problem Create(ErrorCode code, string detail, int? status = null)
    {
        return new Problem($"urn:marketplace:problem:{NameOf(code)}", TitleOf(code, status), status ?? StatusOf(code), code, detail);
    }

    /// <summary>Answers with the problem, in place of whatever was prepared.</summary>
    public static async Task Write(HttpContext http, ErrorCode code, string detail, int? status = null)
    {
        var problem = Create(code, detail, status);
        var response = http.Response;
        response.StatusCode = problem.Status;
        response.ContentType = MediaTypeNames.Application.ProblemJson;
        response.ContentLength = null;
        response.Headers.Remove("Content-Disposition");
        response.Headers.Remove("ETag");
        if (problem.Status is StatusCodes.Status401Unauthorized && response.Headers.WWWAuthenticate.Count == 0)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
        if (
            problem.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable
            && response.Headers.RetryAfter.Count == 0
        )
        {
            response.Headers.RetryAfter = "1";
        }
        // What is left of a refused body may still come in for the moments that the server grants: a client that is cut off while it sends
        // never reads why it was refused.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            // Not with the request's token: that of a request which took too long is cancelled already.
            await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Default.Problem), CancellationToken.None);
        }
    }
}
