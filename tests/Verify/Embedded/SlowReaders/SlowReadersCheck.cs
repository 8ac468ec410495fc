using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Verify.SlowReaders;

/// <summary>
/// Clients who ask for a thousand full jobs and read a little a second, and event streams that nothing happens on, against the real silo
/// with its own settings: its memory stays under the bar, what it does not serve it refuses with a code, and other clients are served
/// nearly as fast as before.
/// </summary>
public static class SlowReadersCheck
{
    private const long ResidentBytesMax = 1L << 30;
    private const int StreamsOfAnAccount = 16;
    private const int SipBytes = 2048;
    private const int IdsPerRequest = Routes.BatchItemsMax;
    private static readonly byte[] Input = Encoding.ASCII.GetBytes(new string('x', 16 * 1024));

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var readers = arguments.Number("readers", 1000);
        var streams = arguments.Number("streams", 1000);
        var seconds = arguments.Number("seconds", 10);
        var rounds = arguments.Number("rounds", 3);
        var jobs = arguments.Number("jobs", 20);
        // On a machine that does other things as well, a ratio of two latencies says nothing.
        var slowdownMax = arguments.Number("slowdown", 2);
        var accounts = (streams + StreamsOfAnAccount - 1) / StreamsOfAnAccount;

        using var data = new TemporaryFolder();
        var keys = await MadeAccounts.Make(data.Path, accounts);
        await using var silo = await SiloProcess.Start(data.Path, CancellationToken.None);
        await using var others = silo.Client();
        var program = await Deploy(others);
        var ids = await SubmitFullJobs(others.Url, program, keys, jobs);

        // In turns, because the machine may do other things as well, and not the same at all times.
        var (before, with, violations) = (new List<Latencies>(), new List<Latencies>(), new List<string>());
        var (served, residentBefore, residentMax) = (0, silo.ResidentBytes, 0L);
        for (var round = 0; round < rounds; round++)
        {
            before.Add(await Latency(others, program, seconds));
            residentBefore = round == 0 ? silo.ResidentBytes : residentBefore;
            using var held = new Held();
            await held.OpenStreams(others.Url, keys, streams);
            await held.OpenReaders(others.Url, keys, ids, readers);
            using var stop = new CancellationTokenSource();
            var sipping = Task.Run(() => held.Sip(silo, stop.Token));
            with.Add(await Latency(others, program, seconds));
            await stop.CancelAsync();
            await sipping;
            violations.AddRange(held.Violations(streams));
            (served, residentMax) = (held.Served, Math.Max(residentMax, held.ResidentMax));
        }

        if (residentMax > ResidentBytesMax)
        {
            violations.Add($"The silo had {residentMax >> 20} MiB in memory; allowed are {ResidentBytesMax >> 20}.");
        }
        var (p99Before, p99With) = (Median(before, round => round.P99), Median(with, round => round.P99));
        if (slowdownMax > 0 && p99With > slowdownMax * p99Before)
        {
            violations.Add($"The p99 of others went from {p99Before:F2} to {p99With:F2} ms; allowed is {slowdownMax} times as much.");
        }
        violations.AddRange(Failures(silo));
        var line = new
        {
            Verify = "slowreaders",
            Readers = readers,
            ReadersServed = served,
            ReadersRefused = readers - served,
            Streams = streams,
            Accounts = accounts,
            ResidentBeforeMib = residentBefore >> 20,
            ResidentMaxMib = residentMax >> 20,
            Rounds = rounds,
            P50BeforeMs = Median(before, round => round.P50),
            P50WithMs = Median(with, round => round.P50),
            P99BeforeMs = p99Before,
            P99WithMs = p99With,
            MaxBeforeMs = before.Max(round => round.Max),
            MaxWithMs = with.Max(round => round.Max),
            Requests = before.Sum(round => round.Count),
            RequestsWith = with.Sum(round => round.Count),
            Violations = violations.Count,
        };
        return new VerifyResult(line, violations);
    }

    private static IEnumerable<string> Failures(SiloProcess silo) =>
        silo.Output.Split('\n').Where(line => line.Contains("fail:", StringComparison.Ordinal)).Select(line => $"The silo logged: {line}");

    private static async Task<ProgramId> Deploy(MarketplaceClient client)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        return (await client.Programs.Deploy(module, "echo")).Id;
    }

    /// <summary>
    /// Jobs with the largest input and output that are no blobs. Asked for again and again, a few are as many bytes as a thousand.
    /// </summary>
    private static async Task<IReadOnlyList<JobId[]>> SubmitFullJobs(Uri url, ProgramId program, IReadOnlyList<string> keys, int jobs)
    {
        var ids = new List<JobId[]>();
        foreach (var key in keys)
        {
            await using var client = new MarketplaceClient(new MarketplaceClientOptions { Url = url, Key = key });
            var submitted = new List<JobId>();
            for (var job = 0; job < jobs; job++)
            {
                var request = new JobRequest
                {
                    RequestId = $"full-{job}",
                    Program = program,
                    Input = Input,
                    PriceMax = new TokenAmount(100_000),
                };
                submitted.Add((await client.Jobs.Submit(request)).Id);
            }
            foreach (var id in submitted)
            {
                await client.Jobs.Wait(id);
            }
            ids.Add([.. Enumerable.Range(0, IdsPerRequest).Select(index => submitted[index % jobs])]);
        }
        return ids;
    }

    /// <summary>What another client sees, which submits a job and looks at its account, again and again.</summary>
    private static async Task<Latencies> Latency(MarketplaceClient client, ProgramId program, int seconds)
    {
        var milliseconds = new List<double>();
        for (var whole = Stopwatch.StartNew(); whole.Elapsed.TotalSeconds < seconds || milliseconds.Count < 100; )
        {
            var request = new JobRequest
            {
                RequestId = Guid.NewGuid().ToString(),
                Program = program,
                InputText = "x",
                PriceMax = new TokenAmount(100_000),
            };
            var clock = Stopwatch.StartNew();
            await client.Jobs.Submit(request);
            milliseconds.Add(clock.Elapsed.TotalMilliseconds);
            clock.Restart();
            await client.Account.Get();
            milliseconds.Add(clock.Elapsed.TotalMilliseconds);
        }
        milliseconds.Sort();
        return new Latencies(
            milliseconds[milliseconds.Count / 2],
            milliseconds[milliseconds.Count * 99 / 100],
            milliseconds[^1],
            milliseconds.Count
        );
    }

    private static double Median(List<Latencies> rounds, Func<Latencies, double> of) =>
        Math.Round(rounds.Select(of).Order().ElementAt(rounds.Count / 2), 2);

    /// <summary>What another client met in one round, in milliseconds.</summary>
    private sealed record Latencies(double P50, double P99, double Max, int Count);

    private sealed class Held : IDisposable
    {
        private readonly List<HeldAnswer> _streams = [];
        private readonly List<HeldAnswer> _readers = [];
        private readonly List<string> _violations = [];

        public long ResidentMax { get; private set; }

        public int Served => _readers.Count(reader => reader.Status == 200);

        public async Task OpenStreams(Uri url, IReadOnlyList<string> keys, int count)
        {
            for (var stream = 0; stream < count; stream++)
            {
                _streams.Add(await Open(url, Get(url, keys[stream / StreamsOfAnAccount])));
            }
            // One more of an account that has all that it may have.
            using var beyond = await Open(url, Get(url, keys[0]));
            var isRefused = beyond.Status == 429 && beyond.Begin.Contains($"{StreamsOfAnAccount} event streams", StringComparison.Ordinal);
            if (count >= StreamsOfAnAccount && !isRefused)
            {
                _violations.Add($"One event stream more than allowed was answered: {beyond.Begin}");
            }
        }

        public async Task OpenReaders(Uri url, IReadOnlyList<string> keys, IReadOnlyList<JobId[]> ids, int count)
        {
            var bodies = ids.Select(own => JsonSerializer.Serialize(new JobsGetRequest(own), ApiJson.Default.JobsGetRequest)).ToArray();
            for (var reader = 0; reader < count; reader++)
            {
                _readers.Add(await HeldAnswer.Send(url, Post(url, keys[reader % keys.Count], bodies[reader % keys.Count])));
            }
            foreach (var reader in _readers)
            {
                await reader.ReadBegin();
            }
        }

        public async Task Sip(SiloProcess silo, CancellationToken stop)
        {
            var buffer = new byte[SipBytes];
            while (!stop.IsCancellationRequested)
            {
                foreach (var reader in _readers.Where(reader => reader.Status == 200))
                {
                    reader.Sip(buffer);
                }
                ResidentMax = Math.Max(ResidentMax, silo.ResidentBytes);
                try
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), stop);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }
        }

        public IEnumerable<string> Violations(int streams)
        {
            var open = _streams.Count(stream => stream.Status == 200);
            if (open != streams)
            {
                _violations.Add($"{open} of {streams} event streams were opened.");
            }
            if (Served == 0)
            {
                _violations.Add("No reader was served.");
            }
            // A refusal is read whole with its first bytes: it has a code and numbers.
            _violations.AddRange(
                _readers
                    .Where(reader => reader.Status != 200 && !reader.Begin.Contains("problem+json", StringComparison.Ordinal))
                    .Select(reader => $"A reader was answered: {reader.Begin}")
            );
            return _violations;
        }

        public void Dispose()
        {
            foreach (var answer in _streams.Concat(_readers))
            {
                answer.Dispose();
            }
        }

        private static async Task<HeldAnswer> Open(Uri url, string request)
        {
            var answer = await HeldAnswer.Send(url, request);
            await answer.ReadBegin();
            return answer;
        }

        private static string Get(Uri url, string key) => $"GET {Routes.Events} HTTP/1.1\r\n{Head(url, key)}\r\n";

        private static string Post(Uri url, string key, string body) =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"POST {Routes.JobsGet} HTTP/1.1\r\n{Head(url, key)}Content-Type: application/json\r\nContent-Length: "
                    + $"{body.Length}\r\n\r\n{body}"
            );

        private static string Head(Uri url, string key) => $"Host: {url.Authority}\r\nAuthorization: Bearer {key}\r\n";
    }
}
