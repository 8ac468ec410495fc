using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Marketplace.Benchmarks.Overload;

/// <summary>
/// Buyers that send batches over a few connections, either when jobs have ended or by the clock alone. Bodies are written and answers are
/// read by hand, because what sends shares the processors with what is measured.
/// </summary>
internal sealed class OpenBuyers : IDisposable
{
    private const int RefusedKeptMax = 20_000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan EndedWithin = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http;
    private readonly JobEnds _ends;
    private readonly int _batch;
    private readonly string[] _jobs;
    private readonly ConcurrentQueue<JobId> _taken = new();
    private readonly ConcurrentQueue<JobId> _refused = new();
    private readonly int _connections;
    private int _sent;
    private int _refusedCount;

    /// <param name="silos">Of which the first is used.</param>
    /// <param name="program">What the jobs run.</param>
    /// <param name="ends">When they end.</param>
    /// <param name="batch">Jobs of a request.</param>
    /// <param name="connections">As many requests are under way at once.</param>
    public OpenBuyers(MeasuredSilos silos, ProgramId program, JobEnds ends, int batch, int connections)
    {
        (_ends, _batch, _connections) = (ends, batch, connections);
        _http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = connections, AllowAutoRedirect = false })
        {
            BaseAddress = silos.Url,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", silos.Key);
        _jobs =
        [
            .. OverloadBenchmark.Kinds.Select(kind =>
                $"\",\"program\":\"{program}\",\"inputText\":\"hello marketplace\",\"fuelMax\":10000000,\"priceMax\":\"{kind.PriceMax}\","
                + $"\"priority\":{kind.Priority}}}"
            ),
        ];
    }

    /// <summary>All jobs that were ever taken.</summary>
    public IReadOnlyCollection<JobId> Taken => _taken;

    /// <summary>Jobs that were sent and have neither ended nor been refused.</summary>
    private long OpenCount => Volatile.Read(ref _sent) - Volatile.Read(ref _refusedCount) - _ends.Count;

    /// <summary>The first of those that were refused.</summary>
    public IReadOnlyCollection<JobId> SomeRefused => _refused;

    /// <summary>Keeps so many jobs open.</summary>
    /// <returns>Jobs that ended in a second.</returns>
    public async Task<double> KeepOpen(int window, TimeSpan time)
    {
        var sent = new SentJobs(_ends);
        var began = Stopwatch.GetTimestamp();
        var before = _ends.Count;
        await Task.WhenAll(Enumerable.Range(0, _connections).Select(_ => SendWhileOpen()));
        return (_ends.Count - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;

        async Task SendWhileOpen()
        {
            while (Stopwatch.GetElapsedTime(began) < time)
            {
                if (OpenCount + _batch > window)
                {
                    await Task.Delay(LookEvery);
                }
                else
                {
                    await Send(sent, Stopwatch.GetTimestamp());
                }
            }
        }
    }

    /// <summary>Sends so many jobs a second, whatever becomes of them.</summary>
    public async Task<SentJobs> Send(double perSecond, TimeSpan time)
    {
        var sent = new SentJobs(_ends);
        var requests = new List<Task>();
        var began = Stopwatch.GetTimestamp();
        var before = _ends.Count;
        for (var number = 0; ; number++)
        {
            var due = began + (long)(number * _batch / perSecond * Stopwatch.Frequency);
            if (Stopwatch.GetElapsedTime(began, due) >= time)
            {
                break;
            }
            while (Stopwatch.GetTimestamp() < due)
            {
                await Task.Delay(LookEvery);
            }
            sent.Late = TimeSpan.FromTicks(Math.Max(sent.Late.Ticks, Stopwatch.GetElapsedTime(due).Ticks));
            requests.Add(Send(sent, due));
        }
        sent.BeganAt = began;
        sent.Elapsed = Stopwatch.GetElapsedTime(began);
        sent.EndedWithin = _ends.Count - before;
        await Task.WhenAll(requests);
        return sent;
    }

    /// <summary>Completes when all jobs that were taken have ended.</summary>
    public async Task Ended()
    {
        for (var began = Stopwatch.GetTimestamp(); OpenCount > 0; await Task.Delay(20))
        {
            if (Stopwatch.GetElapsedTime(began) > EndedWithin)
            {
                throw new BenchmarkException($"{OpenCount} jobs that were taken have not ended in {EndedWithin}.");
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task Send(SentJobs sent, long due)
    {
        var first = Interlocked.Add(ref _sent, _batch) - _batch;
        using var content = new ByteArrayContent(Body(first));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.PostAsync(new Uri(Routes.JobsBatch, UriKind.Relative), content);
        var answer = await response.Content.ReadAsByteArrayAsync();
        if (!response.IsSuccessStatusCode)
        {
            throw new BenchmarkException($"The silo answered {(int)response.StatusCode}: {Encoding.UTF8.GetString(answer)}");
        }
        Read(answer, first, due, sent);
        if (response.Headers.RetryAfter?.Delta is { } after && after > sent.RetryAfter)
        {
            sent.RetryAfter = after;
        }
    }

    private byte[] Body(int first)
    {
        var body = new StringBuilder("{\"jobs\":[", 300 * _batch);
        for (var index = 0; index < _batch; index++)
        {
            body.Append(index == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{{\"requestId\":\"{first + index}");
            body.Append(_jobs[KindOf(first + index)]);
        }
        return Encoding.UTF8.GetBytes(body.Append("]}").ToString());
    }

    /// <summary>The kinds come evenly mixed.</summary>
    private static int KindOf(int number)
    {
        var place = number * 37 % 100;
        for (var kind = 0; ; kind++)
        {
            place -= OverloadBenchmark.Kinds[kind].Percent;
            if (place < 0)
            {
                return kind;
            }
        }
    }

    private void Read(ReadOnlySpan<byte> answer, int first, long due, SentJobs sent)
    {
        var json = new Utf8JsonReader(answer);
        var (index, id, isRefused) = (0, default(JobId), false);
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("id"u8))
            {
                json.Read();
                id = JobId.Parse(json.GetString()!);
            }
            else if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("code"u8))
            {
                json.Read();
                isRefused = json.TokenType == JsonTokenType.String;
                if (isRefused && !json.ValueTextEquals("unavailable"u8))
                {
                    throw new BenchmarkException($"A job was refused as {json.GetString()}, which has nothing to do with the load.");
                }
            }
            else if (json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == 2)
            {
                var kind = KindOf(first + index++);
                if (isRefused)
                {
                    sent.Refuse(kind);
                    Interlocked.Increment(ref _refusedCount);
                    if (_refused.Count < RefusedKeptMax)
                    {
                        _refused.Enqueue(id);
                    }
                }
                else
                {
                    _taken.Enqueue(id);
                    sent.Take(kind, id, due);
                }
                isRefused = false;
            }
        }
    }
}

/// <summary>What was sent in a stage, and what became of it.</summary>
internal sealed class SentJobs(JobEnds ends)
{
    private readonly ConcurrentQueue<(JobId Job, long Due)> _jobs = new();
    private readonly long[] _taken = new long[OverloadBenchmark.Kinds.Length];
    private readonly long[] _refused = new long[OverloadBenchmark.Kinds.Length];

    /// <summary>By kind.</summary>
    public IReadOnlyList<long> Taken => _taken;

    /// <summary>By kind.</summary>
    public IReadOnlyList<long> Refused => _refused;

    public long BeganAt { get; set; }

    public TimeSpan Elapsed { get; set; }

    /// <summary>Jobs that ended before the last was sent, whenever they were taken.</summary>
    public long EndedWithin { get; set; }

    /// <summary>The most that a batch was sent after its time.</summary>
    public TimeSpan Late { get; set; }

    /// <summary>The longest that a refused client was told.</summary>
    public TimeSpan RetryAfter { get; set; }

    public void Take(int kind, JobId job, long due)
    {
        Interlocked.Increment(ref _taken[kind]);
        _jobs.Enqueue((job, due));
    }

    public void Refuse(int kind) => Interlocked.Increment(ref _refused[kind]);

    /// <summary>Of the jobs that were due after so much of the stage, in milliseconds; all have ended.</summary>
    public IEnumerable<double> Latencies(TimeSpan from) =>
        _jobs
            .Where(job => Stopwatch.GetElapsedTime(BeganAt, job.Due) >= from)
            .Select(job => Stopwatch.GetElapsedTime(job.Due, ends.Of(job.Job)!.Value).TotalMilliseconds);
}
