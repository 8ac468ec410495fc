using System.Text;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Silo;

/// <summary>A silo without a worker inside, and a worker that reaches it over the network only.</summary>
public sealed class RemoteWorkerTests
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RemoteWorker_RunsJobsWithInputsOutputsFilesAndState()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(folder.Path, Cancellation, "--worker", "false");
        await using var client = silo.Client();
        var account = await client.Account.Get(Cancellation);
        await using var worker = new RunningWorker(await UrlOf(silo), account.Id);
        var (echo, catalog, store) = (await Deploy(client, "echo"), await Deploy(client, "catalog"), await Deploy(client, "kvstore"));
        var large = Encoding.UTF8.GetBytes(new string('a', 200_000));
        var notes = await client.Blobs.Put("one\ntwo\n"u8.ToArray(), Cancellation);
        var input = await client.Blobs.Put(large, Cancellation);

        var small = await Run(client, new JobSpec { Program = echo, InputText = "hello" });
        var blobs = await Run(client, new JobSpec { Program = echo, InputBlob = input.Id });
        var files = await Run(
            client,
            new JobSpec
            {
                Program = catalog,
                InputFiles = new Dictionary<string, BlobId> { ["texts/notes"] = notes.Id },
            }
        );
        var put = await Run(client, new JobSpec { Program = store, InputText = """{"op":"put","key":"k","data_base64":"eA=="}""" });
        var got = await Run(client, new JobSpec { Program = store, InputText = """{"op":"get","key":"k"}""" });

        Assert.Equal("HELLO", Encoding.UTF8.GetString(await client.Jobs.Output(small, Cancellation)));
        Assert.Equal(new string('A', large.Length), Encoding.UTF8.GetString(await client.Jobs.Output(blobs, Cancellation)));
        Assert.Equal("1 files", Encoding.UTF8.GetString(await client.Jobs.Output(files, Cancellation)).TrimEnd('\n'));
        Assert.Contains("eA==", Encoding.UTF8.GetString(await client.Jobs.Output(got, Cancellation)));
        Assert.Equal(JobState.Completed, put.State);
        await MustAddUp(client, [small, blobs, files, put, got]);
    }

    /// <summary>Connections break in the middle of polls, runs, transfers and reports.</summary>
    [Fact]
    public async Task CutConnection_LosesNothingAndPaysNothingTwice()
    {
        const int count = 60;
        const int cutEvery = 12;
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(folder.Path, Cancellation, "--worker", "false");
        await using var proxy = new CuttableProxy(await UrlOf(silo));
        await using var client = silo.Client();
        var account = await client.Account.Get(Cancellation);
        await using var worker = new RunningWorker(proxy.Url, account.Id);
        var echo = await Deploy(client, "echo");
        var input = await client.Blobs.Put(Encoding.UTF8.GetBytes(new string('b', 100_000)), Cancellation);
        var first = await Run(client, new JobSpec { Program = echo, InputText = "the worker is there" });

        var cuts = 0;
        var jobs = new List<Job>();
        var running = Enumerable
            .Range(0, count)
            .Select(number =>
                Run(
                    client,
                    number % 2 == 0
                        ? new JobSpec { Program = echo, InputText = $"job {number}" }
                        : new JobSpec
                        {
                            Program = echo,
                            InputBlob = input.Id,
                            Arguments = [$"{number}"],
                        }
                )
            )
            .ToList();
        while (running.Count > 0)
        {
            var done = await Task.WhenAny(running);
            running.Remove(done);
            jobs.Add(await done);
            cuts += jobs.Count % cutEvery == 0 && proxy.Cut() > 0 ? 1 : 0;
        }

        Assert.True(cuts >= 2, $"{cuts} cuts met a connection");
        Assert.All(jobs, job => Assert.True(job.State == JobState.Completed, $"{job.State}: {job.Reason}"));
        await MustAddUp(client, [first, .. jobs]);
    }

    private static async Task<Uri> UrlOf(SiloProcess silo) =>
        new((await File.ReadAllTextAsync(Path.Combine(silo.Folder, "url"), Cancellation)).Trim());

    private static async Task<ProgramId> Deploy(MarketplaceClient client, string name)
    {
        await using var module = File.OpenRead(CommandLine.Program(name));
        return (await client.Programs.Deploy(module, name, cancellation: Cancellation)).Id;
    }

    /// <summary>With a price: the worker may still be on its way.</summary>
    private static Task<Job> Run(MarketplaceClient client, JobSpec spec) =>
        client.Jobs.Run(spec with { PriceMax = TokenAmount.Parse("1000") }, cancellation: Cancellation).WaitAsync(WaitMax, Cancellation);

    /// <summary>
    /// The account pays and earns: each charge left it once and came back once. A job's end is answered before its payer has settled it, so
    /// the holds are waited for; a settlement that was lost would come after two minutes, which is longer than this waits.
    /// </summary>
    private static async Task MustAddUp(MarketplaceClient client, IReadOnlyList<Job> jobs)
    {
        Assert.All(jobs, job => Assert.True(job.State == JobState.Completed, $"{job.State}: {job.Reason}"));
        var charged = jobs.Aggregate(TokenAmount.Zero, (sum, job) => sum + job.Charge);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        waiting.CancelAfter(WaitMax);
        var account = await client.Account.Get(waiting.Token);
        while (account.Held > TokenAmount.Zero || account.Earned < account.Spent)
        {
            account = await client.Account.Get(waiting.Token);
        }

        Assert.Equal((charged, charged, TokenAmount.Zero), (account.Spent, account.Earned, account.Held));
    }

    /// <summary>A worker of this process, over the network.</summary>
    private sealed class RunningWorker : IMarketPin, IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly CancellationTokenSource _leaving = new();
        private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
        private readonly Ed25519KeyPair _key = new([.. Enumerable.Repeat((byte)0x77, 32)]);
        private readonly Task _link;
        private readonly Task _agent;

        public RunningWorker(Uri url, AccountId payTo)
        {
            var remote = new RemoteMarket
            {
                Url = url,
                Key = _key,
                Pin = this,
                Http = _http,
            };
            var link = new RemoteMarketLink(remote, TimeProvider.System, NullLogger<RemoteMarketLink>.Instance);
            var options = new WorkerOptions
            {
                Worker = new WorkerId(_key.PublicKey),
                PayTo = payTo,
                Slots = 2,
            };
            _link = link.Run(_leaving.Token);
            using var client = new MarketplaceClient(new MarketplaceClientOptions { Url = url });
            client.Accounts.Open(_key, cancellation: Cancellation).GetAwaiter().GetResult();
            _agent = new WorkerAgent(link, options, TimeProvider.System, NullLogger<WorkerAgent>.Instance).Run(_stopping.Token);
        }

        public MarketDomain? Domain { get; private set; }

        public void Keep(MarketDomain domain) => Domain = domain;

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _agent;
            await _leaving.CancelAsync();
            await _link;
            _http.Dispose();
            _key.Dispose();
            _stopping.Dispose();
            _leaving.Dispose();
        }
    }
}
