using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>
/// The web pages: one document for every page, whose script asks the API as any client does. It holds nothing that needs a key.
/// </summary>
internal static class WebPagesApi
{
    /// <summary>
    /// What the pages may do: their own files and the API of this host, nothing inline and no other host. Pictures that a program made are
    /// shown inside a frame without rights, whose document is a text of the page.
    /// </summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>
    /// What the worker may do that runs a job's program again: compile WebAssembly, which the pages may not, and nothing else. It loads and
    /// reaches nothing, so that a program that broke out of WebAssembly would be alone there.
    /// </summary>
    private const string ReplayPolicy = "default-src 'none'; script-src 'wasm-unsafe-eval'";

    /// <summary>The beginning of its name, which is that of its source, dashboards/web/src/replay/replayWorker.ts.</summary>
    private const string ReplayWorker = "assets/replayWorker-";

    /// <summary>The names of files below <c>assets</c> are made from what is in them.</summary>
    private const string ForEver = "public, max-age=31536000, immutable";

    private const string AskFirst = "no-cache";

    private const string Brotli = "br";

    /// <summary>The first part of each page's address, besides the empty one; dashboards/web/src/shell/pages.ts has the same.</summary>
    private static readonly string[] Pages = ["jobs", "programs", "workers", "market", "disputes", "ledger", "money", "silo", "join"];

    public static void MapWebPages(this IEndpointRouteBuilder routes)
    {
        var web = routes.MapGroup("").ForBrowsers();
        web.MapGet("/", (HttpContext http, WebFiles files) => Send(http, files, WebFiles.Index, AskFirst));
        foreach (var page in Pages)
        {
            web.MapGet($"/{page}/{{**rest}}", (HttpContext http, WebFiles files) => Send(http, files, WebFiles.Index, AskFirst));
        }
        web.MapGet("/icon.svg", (HttpContext http, WebFiles files) => Send(http, files, "icon.svg", AskFirst));
        web.MapGet("/assets/{name}", (HttpContext http, WebFiles files, string name) => Send(http, files, $"assets/{name}", ForEver));
    }

    private static async Task Send(HttpContext http, WebFiles files, string name, string caching)
    {
        if (files.Find(name) is not { } file)
        {
            await ProblemFactory.Write(http, ErrorCode.NotFound, GatewayMessages.NoRoute);
            return;
        }
        var response = http.Response;
        response.Headers.ContentSecurityPolicy = name.StartsWith(ReplayWorker, StringComparison.Ordinal) ? ReplayPolicy : Policy;
        response.Headers.CacheControl = caching;
        response.Headers.ETag = file.Tag;
        response.Headers.Vary = "Accept-Encoding";
        if (http.Request.Headers.IfNoneMatch == file.Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var compressed = http.Request.Headers.AcceptEncoding.ToString().Contains(Brotli, StringComparison.Ordinal);
        var content = compressed ? file.Brotli : file.Content;
        if (compressed)
        {
            response.Headers.ContentEncoding = Brotli;
        }
        response.ContentType = file.Type;
        response.ContentLength = content.Length;
        await response.BodyWriter.WriteAsync(content, http.RequestAborted);
    }
}
