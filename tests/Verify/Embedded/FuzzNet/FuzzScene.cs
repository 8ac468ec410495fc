using System.Diagnostics;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Tests;
using Marketplace.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// A real silo with bystanders: a worker of this process over the real link, and a client whose jobs it runs the whole time. Beside them
/// the client has jobs that only fuzzing workers may take, which earn for one account, the till; their own accounts stay empty.
/// </summary>
internal sealed class FuzzScene : IMarketPin, IAsyncDisposable
{
    private const string HonestLabel = "honest";
    private const int Clients = 2;
    private static readonly TimeSpan JobTimeMax = TimeSpan.FromMinutes(1);

    /// <summary>The machine is for the cases: without a pause a bystander has hundreds of jobs a second.</summary>
    private static readonly TimeSpan JobPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _data = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _enough = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private readonly Ed25519KeyPair _honest = KeyOf(0x71);
    private readonly Ed25519KeyPair _till = KeyOf(0x72);
    private readonly Lock _lock = new();
    private readonly List<Job> _honestJobs = [];
    private readonly List<JobId> _fuzzJobs = [];
    private readonly List<(AccountId Account, string Key)> _opened = [];
    private readonly List<Task> _running = [];
    private Task _work = Task.CompletedTask;
    private MoneySums _before = null!;
    private ProgramId _echo;
    private string _honestKey = "";
    private string _tillKey = "";

    public SiloProcess Silo { get; private set; } = null!;

    public MarketplaceClient Client { get; private set; } = null!;

    public MarketDomain? Domain { get; private set; }

    public TimeSpan LongestJob { get; private set; }

    public AccountId Till => new(_till.PublicKey);

    public int HonestJobs
    {
        get
        {
            lock (_lock)
            {
                return _honestJobs.Count;
            }
        }
    }

    public int FuzzJobs
    {
        get
        {
            lock (_lock)
            {
                return _fuzzJobs.Count;
            }
        }
    }

    public int Accounts
    {
        get
        {
            lock (_lock)
            {
                return _opened.Count;
            }
        }
    }

    public static async Task<FuzzScene> Start()
    {
        var scene = new FuzzScene();
        scene.Silo = await SiloProcess.Start(scene._data.Path, CancellationToken.None, "--worker", "false");
        scene.Client = scene.Silo.Client();
        scene._honestKey = (await scene.Client.Accounts.Open(scene._honest)).Key;
        scene._tillKey = (await scene.Client.Accounts.Open(scene._till)).Key;
        scene._echo = (await scene.Deploy("echo", [])).Id;
        scene._before = (await scene.CheckedBooks()).Sums!;
        await scene.Work();
        return scene;
    }

    public void Keep(MarketDomain domain) => Domain = domain;

    /// <summary>A module that keeps state; programs of different salts do not wait for each other.</summary>
    public Task<DeployedProgram> DeployStateful(int number) => Deploy("kvstore", BitConverter.GetBytes(number));

    /// <summary>Opens the account of a fuzzing worker, which must be empty in the end.</summary>
    public async Task Open(Ed25519KeyPair key)
    {
        var opened = await Client.Accounts.Open(key);
        lock (_lock)
        {
            _opened.Add((new AccountId(key.PublicKey), opened.Key));
        }
    }

    /// <summary>A job for the fuzzing worker with this label only.</summary>
    public async Task<JobId> SubmitForFuzzing(ProgramId program, string label, string request)
    {
        var job = await Client.Jobs.Submit(RequestOf(program, request, label));
        lock (_lock)
        {
            _fuzzJobs.Add(job.Id);
        }
        return job.Id;
    }

    /// <summary>Cancels a job that may have ended meanwhile.</summary>
    public async Task Cancel(JobId job)
    {
        try
        {
            await Client.Jobs.Cancel(job);
        }
        catch (MarketplaceException ended) when (ended.Code == ErrorCode.JobEnded)
        {
            return;
        }
    }

    /// <summary>Ends the bystanders' work and says what is wrong with their jobs and with all money.</summary>
    public async Task<IReadOnlyList<string>> Settle()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_running);
        var clock = Stopwatch.StartNew();
        while (await Client.Account.Get() is not { Held.IsZero: true, UnderWay.IsZero: true } && clock.Elapsed < Patience)
        {
            await Task.Delay(50);
        }
        var violations = new List<string>();
        var buyer = await Client.Account.Get();
        if (!buyer.Held.IsZero || !buyer.UnderWay.IsZero || buyer.OpenJobs != 0)
        {
            violations.Add($"All jobs have ended, and {buyer.Held} is held, {buyer.UnderWay} under way for {buyer.OpenJobs} jobs.");
        }
        var honest = Sum(_honestJobs);
        var fuzzed = Sum(await Jobs(_fuzzJobs));
        var (earned, taken) = (await Earned(_honestKey), await Earned(_tillKey));
        if (honest != earned || fuzzed != taken || buyer.Spent != honest + fuzzed)
        {
            violations.Add(
                $"Jobs of the bystander cost {honest} and it earned {earned}; fuzzed ones cost {fuzzed} and the till has {taken}; the "
                    + $"client spent {buyer.Spent}."
            );
        }
        violations.AddRange(_honestJobs.Where(job => job.State != JobState.Completed).Select(job => $"{job.RequestId} is {job.State}."));
        violations.AddRange(await Emptiness());
        violations.AddRange(await Sums());
        return violations;
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _stopping.CancelAsync();
        await Task.WhenAll([.. _running, _work]).ContinueWith(static _ => { }, TaskScheduler.Default);
        await Client.DisposeAsync();
        await Silo.DisposeAsync();
        _http.Dispose();
        _honest.Dispose();
        _till.Dispose();
        _stopping.Dispose();
        _enough.Dispose();
        _data.Dispose();
    }

    /// <summary>Stops the honest worker, which says goodbye, and the silo, which writes its last lines.</summary>
    /// <returns>The silo's exit code.</returns>
    public async Task<int> Stop()
    {
        await _stopping.CancelAsync();
        await _work;
        return await Silo.Stop(CancellationToken.None);
    }

    private static Ed25519KeyPair KeyOf(byte seed) => new([.. Enumerable.Repeat(seed, Ed25519.SeedSize)]);

    private static TokenAmount Sum(IEnumerable<Job> jobs) => jobs.Aggregate(TokenAmount.Zero, (sum, job) => sum + job.Charge);

    private static JobRequest RequestOf(ProgramId program, string request, string label) =>
        new()
        {
            Program = program,
            RequestId = request,
            InputText = request,
            PriceMax = new TokenAmount(100_000),
            Needs = new JobNeeds { Labels = [label] },
            RetriesMax = label == HonestLabel ? 3 : 0,
        };

    private async Task Work()
    {
        var remote = new RemoteMarket
        {
            Url = Client.Url,
            Key = _honest,
            Pin = this,
            Http = _http,
        };
        var link = new RemoteMarketLink(remote, TimeProvider.System, NullLogger<RemoteMarketLink>.Instance);
        var options = new WorkerOptions
        {
            Worker = new WorkerId(_honest.PublicKey),
            PayTo = new AccountId(_honest.PublicKey),
            Slots = Clients,
            Labels = [HonestLabel],
        };
        var agent = new WorkerAgent(link, options, TimeProvider.System, NullLogger<WorkerAgent>.Instance);
        _work = Task.WhenAll(link.Run(_stopping.Token), agent.Run(_stopping.Token));
        await agent.Offered.WaitAsync(Patience);
        _running.AddRange(Enumerable.Range(0, Clients).Select(Buy));
    }

    /// <summary>One job after the other; each must end soon whatever the others do.</summary>
    private async Task Buy(int number)
    {
        for (var count = 0; !_enough.IsCancellationRequested; count++)
        {
            var clock = Stopwatch.StartNew();
            var request = RequestOf(_echo, $"honest-{number}-{count}", HonestLabel);
            await Client.Jobs.Submit(request);
            // Sent twice: it is one job.
            var job = await Client.Jobs.Wait((await Client.Jobs.Submit(request)).Id).WaitAsync(JobTimeMax);
            lock (_lock)
            {
                _honestJobs.Add(job);
                LongestJob = clock.Elapsed > LongestJob ? clock.Elapsed : LongestJob;
            }
            await Task.Delay(JobPause, _enough.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private async Task<DeployedProgram> Deploy(string name, byte[] salt)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm"));
        return await Client.Programs.Deploy(module, name, salt);
    }

    private async Task<IReadOnlyList<Job>> Jobs(IReadOnlyList<JobId> ids)
    {
        var jobs = new List<Job>();
        foreach (var part in ids.Chunk(Routes.BatchItemsMax))
        {
            jobs.AddRange((await Client.Jobs.GetMany(part)).Jobs);
        }
        return jobs;
    }

    private async Task<Account> AccountOf(string key)
    {
        await using var client = new MarketplaceClient(new MarketplaceClientOptions { Url = Client.Url, Key = key });
        return await client.Account.Get();
    }

    private async Task<TokenAmount> Earned(string key) => (await AccountOf(key)).Earned;

    private async Task<IReadOnlyList<string>> Emptiness()
    {
        var violations = new List<string>();
        foreach (var (id, key) in _opened)
        {
            var account = await AccountOf(key);
            if (
                account is not { Available.IsZero: true, Held.IsZero: true, UnderWay.IsZero: true, Earned.IsZero: true, Spent.IsZero: true }
            )
            {
                violations.Add($"The fuzzing worker's account {id} is not empty: {account}.");
            }
        }
        return violations;
    }

    private async Task<IReadOnlyList<string>> Sums()
    {
        var books = await CheckedBooks();
        return books.State != BooksState.Sound ? [$"The books are {books.State}: {string.Join(" ", books.Violations ?? [])} {books.Reason}"]
            : books.Sums is not { } after || after.Credited != _before.Credited || !after.Debt.IsZero || !after.Held.IsZero
                ? [$"The sums of the books went from {_before} to {books.Sums}."]
            : [];
    }

    private async Task<CheckedBooks> CheckedBooks()
    {
        var before = (await Client.Books.Check()).CheckedAt;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(50))
        {
            var books = await Client.Books.Get();
            if (books.CheckedAt != before && !books.Checking)
            {
                return books;
            }
        }
        throw new TimeoutException($"The silo did not check its books within {Patience}.");
    }
}
