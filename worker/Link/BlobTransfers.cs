using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Mime;
using Marketplace.Api.Workers;
using Marketplace.Engine;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Worker;

/// <summary>
/// Blobs over HTTP, with the lease as the right to them. What fails for the moment is an exception that says so; the bytes are verified by
/// the one who asked for them.
/// </summary>
internal sealed class BlobTransfers(RemoteMarket remote)
{
    /// <summary>The largest that a run fetches.</summary>
    private static readonly int BytesMax = Math.Max(EngineLimits.Default.ModuleBytesMax, JobLimits.InputBytesMax);

    /// <returns>Null where the market does not have the blob, or the run may not read it.</returns>
    public async Task<byte[]?> Get(LinkSession session, LeaseCall call, BlobId blob, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Get, Routes.LeaseBlob(call.Lease, blob), session, call);
        try
        {
            using var response = await remote.Http.SendAsync(request, cancellation).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                var problem = await Refusal(response, cancellation).ConfigureAwait(false);
                return problem is { Code: ErrorCode.BlobNotFound } ? null : throw Failure(response, problem);
            }
            var bytes = await ReadBounded(response.Content, BytesMax, cancellation).ConfigureAwait(false);
            return bytes ?? throw TooLarge(blob);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            throw Lost(lost);
        }
    }

    /// <summary>Everybody may read it, so nothing of the worker is in the request.</summary>
    /// <exception cref="MarketLinkException">It is not there, larger than a settlement's file, or the market does not answer.</exception>
    public async Task<byte[]> GetSettlement(ulong number, CancellationToken cancellation)
    {
        var path = Routes.SettlementFile(number.ToString(CultureInfo.InvariantCulture));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(remote.Url, path));
        try
        {
            using var response = await remote.Http.SendAsync(request, cancellation).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw Failure(response, await Refusal(response, cancellation).ConfigureAwait(false));
            }
            return await ReadBounded(response.Content, SettlementFile.BytesMax, cancellation).ConfigureAwait(false)
                ?? throw new MarketLinkException($"The file of settlement {number} is larger than {SettlementFile.BytesMax} bytes.");
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            throw Lost(lost);
        }
    }

    public async Task Put(LinkSession session, LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Put, Routes.LeaseOutput(call.Lease, output), session, call);
        request.Content = new ReadOnlyMemoryContent(content);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Octet);
        try
        {
            using var response = await remote.Http.SendAsync(request, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw Failure(response, await Refusal(response, cancellation).ConfigureAwait(false));
            }
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            throw Lost(lost);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path, LinkSession session, LeaseCall call)
    {
        var request = new HttpRequestMessage(method, new Uri(remote.Url, path));
        var at = session.Now;
        var header = WorkerSignatures.Authorization(remote.Key, session.Domain.Market, method.Method, path, call, at);
        request.Headers.TryAddWithoutValidation("Authorization", header);
        return request;
    }

    /// <returns>Null where there is more.</returns>
    private static async Task<byte[]?> ReadBounded(HttpContent content, int bytesMax, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength > bytesMax)
        {
            return null;
        }
        await using var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        var chunk = new byte[64 * 1024];
        for (int count; (count = await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false)) > 0; )
        {
            if (bytes.Length + count > bytesMax)
            {
                return null;
            }
            bytes.Write(chunk, 0, count);
        }
        return bytes.ToArray();
    }

    /// <summary>What the market says. It can be read once.</summary>
    private static async Task<Problem?> Refusal(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(64 * 1024, cancellation).ConfigureAwait(false);
            return await response.Content.ReadFromJsonAsync(Answers.Of<Problem>(), cancellation).ConfigureAwait(false);
        }
        catch (Exception other) when (other is System.Text.Json.JsonException or HttpRequestException or IOException)
        {
            // Not the market's own answer, but that of something on the way.
            return null;
        }
    }

    private static MarketLinkException Failure(HttpResponseMessage response, Problem? problem)
    {
        var passing = response.StatusCode is HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500;
        return new MarketLinkException(problem?.Detail ?? $"The market answered {(int)response.StatusCode}.")
        {
            IsPassing = passing && problem?.Code is not (ErrorCode.BlobDamaged or ErrorCode.StorageFull),
        };
    }

    private static MarketLinkException Lost(Exception cause) => new(cause.Message, cause) { IsPassing = true };

    private static InputUnavailableException TooLarge(BlobId blob) =>
        new($"{blob} is larger than the {BytesMax} bytes that a worker still takes.");
}
