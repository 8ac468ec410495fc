using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Marketplace.Benchmarks.Blobs;

/// <summary>Puts and gets bytes over HTTP as plainly as .NET can, so that what is measured is the server.</summary>
/// <param name="url">Of the server.</param>
/// <param name="key">The API key of a silo; null: the server is a plain one, which takes any name.</param>
internal sealed class BlobClient(Uri url, string? key) : IDisposable
{
    private const int BufferBytes = 256 << 10;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = url,
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key) },
    };

    /// <param name="name">A plain server's name of it.</param>
    /// <param name="content">Is disposed of.</param>
    /// <returns>Where it can be got.</returns>
    public async Task<string> Put(string name, Stream content)
    {
        using var request = new HttpRequestMessage(key is null ? HttpMethod.Put : HttpMethod.Post, key is null ? name : Routes.Blobs)
        {
            Content = new StreamContent(content, BufferBytes)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream"), ContentLength = content.Length },
            },
        };
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return key is null ? name : Routes.Blob((await answer.Content.ReadFromJsonAsync(ApiJson.Default.Blob))!.Id);
    }

    /// <returns>How many bytes came.</returns>
    public async Task<long> Get(string path)
    {
        using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using var content = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[Math.Min(BufferBytes, answer.Content.Headers.ContentLength ?? BufferBytes)];
        var bytes = 0L;
        while (await content.ReadAsync(buffer) is > 0 and var read)
        {
            bytes += read;
        }
        return bytes;
    }

    /// <summary>Puts and gets one file.</summary>
    public async Task<BlobTimes> One(string file)
    {
        var start = Stopwatch.GetTimestamp();
        var path = await Put("one", File.OpenRead(file));
        var put = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        if (await Get(path) != new FileInfo(file).Length)
        {
            throw new BenchmarkException($"{url}: less came back than was put.");
        }
        return new BlobTimes(put, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Puts and gets many pieces, so many at a time.</summary>
    public async Task<BlobTimes> Many(IReadOnlyList<byte[]> pieces, int atOnce)
    {
        var paths = new string[pieces.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = atOnce };
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(
            0,
            pieces.Count,
            parallel,
            async (i, _) => paths[i] = await Put($"many-{i}", new MemoryStream(pieces[i], writable: false))
        );
        var put = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(
            0,
            pieces.Count,
            parallel,
            async (i, _) =>
            {
                if (await Get(paths[i]) != pieces[i].Length)
                {
                    throw new BenchmarkException($"{url}: less came back than was put.");
                }
            }
        );
        return new BlobTimes(put, Stopwatch.GetElapsedTime(start));
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>How long putting and getting took.</summary>
internal readonly record struct BlobTimes(TimeSpan Put, TimeSpan Get);
