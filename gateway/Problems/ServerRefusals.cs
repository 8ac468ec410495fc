using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Marketplace.Gateway;

/// <summary>
/// Gives a body to what the server refuses before a request exists: a request line or headers that are too long or broken. The server
/// answers those with a status alone and no middleware sees them, but it announces each by a diagnostic event before it writes; what is
/// written then is the answer.
/// </summary>
internal sealed class ServerRefusals : IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Listens to nothing else, so that requests that are served cost no more than before.</summary>
    public static void Listen(DiagnosticListener server) => server.Subscribe(new ServerRefusals(), static name => name == BadRequest);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (
            value is not { Key: BadRequest, Value: IFeatureCollection features }
            || features.Get<IBadRequestExceptionFeature>()?.Error is not BadHttpRequestException refusal
            || features.Get<IHttpResponseFeature>() is not { HasStarted: false } response
            || features.Get<IHttpResponseBodyFeature>() is not { } answer
            || features.Get<IConnectionTransportFeature>() is not { } connection
        )
        {
            return;
        }
        var (code, detail) = Describe(refusal);
        var problem = JsonSerializer.SerializeToUtf8Bytes(ProblemFactory.Create(code, detail, refusal.StatusCode), ApiJson.Default.Problem);
        response.StatusCode = refusal.StatusCode;
        FrontMiddleware.Harden(response.Headers);
        response.Headers.ContentType = MediaTypeNames.Application.ProblemJson;
        response.Headers.ContentLength = problem.Length;
        response.Headers.Connection = "close";
        // The answer is less than the connection's buffer, so this waits for nothing, and what comes after it is the server's: it closes
        // the connection.
        var isHead = HttpMethods.IsHead(features.Get<IHttpRequestFeature>()?.Method ?? "");
        _ = Send(answer, connection.Transport.Output, isHead ? [] : problem);
    }

    public void OnCompleted()
    {
        // The server has ended.
    }

    public void OnError(Exception error)
    {
        // The listener never reports one.
    }

    /// <summary>
    /// The request has no body writer yet, because it is none: its status and headers begin the answer, the bytes after them go to the
    /// connection.
    /// </summary>
    private static async Task Send(IHttpResponseBodyFeature answer, PipeWriter connection, byte[] problem)
    {
        try
        {
            await answer.StartAsync();
            await connection.WriteAsync(problem);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The client did not wait for its answer, and the connection is closed already.
        }
    }

    private static (ErrorCode Code, string Detail) Describe(BadHttpRequestException refusal) =>
        refusal.StatusCode switch
        {
            StatusCodes.Status408RequestTimeout => (ErrorCode.LimitExceeded, GatewayMessages.HeadersTooSlow),
            StatusCodes.Status413PayloadTooLarge => (ErrorCode.BodyTooLarge, GatewayMessages.ReaderLost),
            StatusCodes.Status414UriTooLong => (
                ErrorCode.LimitExceeded,
                GatewayMessages.RequestLineTooLong(GatewayPolicy.RequestLineBytesMax)
            ),
            StatusCodes.Status431RequestHeaderFieldsTooLarge => (
                ErrorCode.LimitExceeded,
                GatewayMessages.HeadersTooLarge(GatewayPolicy.HeadersMax, GatewayPolicy.HeaderBytesMax)
            ),
            StatusCodes.Status505HttpVersionNotsupported => (ErrorCode.MalformedRequest, GatewayMessages.HttpVersion),
            _ => (ErrorCode.MalformedRequest, GatewayMessages.NotHttp),
        };
}
