using System.Net.Mime;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Marketplace.Gateway;

/// <summary>
/// Bytes that a guest or a client made, whole or by one range, always as an attachment that no browser shows or runs. The content never
/// changes under its tag, so a client that has it need not fetch it again.
/// </summary>
internal sealed class Download : IResult
{
    private readonly long _size;
    private readonly string _fileName;
    private readonly EntityTagHeaderValue? _tag;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly IBlobStore? _store;
    private readonly BlobId _blob;

    private Download(long size, string fileName, EntityTagHeaderValue? tag, ReadOnlyMemory<byte> bytes, IBlobStore? store, BlobId blob)
    {
        _size = size;
        _fileName = fileName;
        _tag = tag;
        _bytes = bytes;
        _store = store;
        _blob = blob;
    }

    public static Download Bytes(ReadOnlyMemory<byte> bytes, string fileName) => new(bytes.Length, fileName, null, bytes, null, default);

    /// <param name="store">Verifies the bytes while they are read.</param>
    /// <param name="blob">Its size must be <paramref name="size"/>.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="fileName">What a browser would save it as.</param>
    public static Download Blob(IBlobStore store, BlobId blob, long size, string fileName) =>
        new(size, fileName, new EntityTagHeaderValue($"\"{blob}\""), default, store, blob);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        response.Headers.AcceptRanges = "bytes";
        if (_tag is not null)
        {
            response.Headers.ETag = _tag.ToString();
            response.Headers.CacheControl = "private, no-cache";
            if (request.GetTypedHeaders().IfNoneMatch.Any(IsOurs))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }
        if (!TryRange(request, out var offset, out var length, out var isPart))
        {
            response.Headers.ContentRange = $"bytes */{_size}";
            throw new MarketException(ErrorCode.RangeNotSatisfiable, GatewayMessages.RangeOutside(request.Headers.Range.ToString(), _size));
        }
        if (isPart)
        {
            response.Headers.ContentRange = new ContentRangeHeaderValue(offset, offset + length - 1, _size).ToString();
        }
        response.StatusCode = isPart ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
        if (_store is not null)
        {
            await SendBlob(httpContext, offset, length);
        }
        else
        {
            Describe(response, length);
            if (!HttpMethods.IsHead(request.Method))
            {
                await response.BodyWriter.WriteAsync(_bytes.Slice((int)offset, (int)length), httpContext.RequestAborted);
            }
        }
    }

    private async Task SendBlob(HttpContext http, long offset, long length)
    {
        // Opened before the headers are set, so that a blob that is gone or damaged at its start is still answered as a problem.
        await using var content =
            await _store!.Open(_blob, offset, length, http.RequestAborted)
            ?? throw new MarketException(ErrorCode.BlobNotFound, GatewayMessages.BlobNotFound(_blob));
        var writer = http.Response.BodyWriter;
        if (HttpMethods.IsHead(http.Request.Method))
        {
            Describe(http.Response, length);
            return;
        }
        for (var left = length; left > 0; )
        {
            var memory = writer.GetMemory((int)Math.Min(left, GatewayPolicy.CopyBytes));
            var read = await content.ReadAsync(memory[..(int)Math.Min(left, memory.Length)], http.RequestAborted);
            if (read == 0)
            {
                throw new EndOfStreamException($"Blob {_blob} ended {left} bytes early.");
            }
            if (left == length)
            {
                Describe(http.Response, length);
            }
            left -= read;
            writer.Advance(read);
            await writer.FlushAsync(http.RequestAborted);
        }
        if (length == 0)
        {
            Describe(http.Response, length);
        }
    }

    private void Describe(HttpResponse response, long length)
    {
        response.ContentType = MediaTypeNames.Application.Octet;
        response.ContentLength = length;
        var disposition = new ContentDispositionHeaderValue("attachment") { FileName = _fileName };
        response.Headers.ContentDisposition = disposition.ToString();
    }

    /// <summary>
    /// One range is served as one (RFC 9110, 14.2); several, or a unit other than bytes, may be ignored, and are. With If-Range, a range
    /// counts only for the content that the client has.
    /// </summary>
    private bool TryRange(HttpRequest request, out long offset, out long length, out bool isPart)
    {
        (offset, length, isPart) = (0, _size, false);
        var headers = request.GetTypedHeaders();
        if (
            headers.Range is not { Ranges.Count: 1 } range
            || !range.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase)
            || IsOtherContent(headers.IfRange)
        )
        {
            return true;
        }
        var item = range.Ranges.First();
        isPart = true;
        if (item.From is not { } from)
        {
            var suffix = Math.Min(item.To.GetValueOrDefault(), _size);
            (offset, length) = (_size - suffix, suffix);
            return suffix > 0;
        }
        offset = from;
        length = Math.Min(item.To ?? long.MaxValue - 1, _size - 1) - from + 1;
        return from < _size;
    }

    private bool IsOtherContent(RangeConditionHeaderValue? condition) =>
        condition is not null
        && (_tag is null || condition.EntityTag is null || !condition.EntityTag.Compare(_tag, useStrongComparison: true));

    private bool IsOurs(EntityTagHeaderValue known) =>
        known.Equals(EntityTagHeaderValue.Any) || known.Compare(_tag, useStrongComparison: false);
}

internal static class DownloadRoutes
{
    /// <summary>What OpenAPI says of a route that answers with a <see cref="Download"/>.</summary>
    public static RouteHandlerBuilder GivesBytes(this RouteHandlerBuilder route) =>
        route
            .Produces<byte[]>(StatusCodes.Status200OK, MediaTypeNames.Application.Octet)
            .Produces<byte[]>(StatusCodes.Status206PartialContent, MediaTypeNames.Application.Octet)
            .Produces(StatusCodes.Status304NotModified)
            .Refuses(ErrorCode.RangeNotSatisfiable);
}
