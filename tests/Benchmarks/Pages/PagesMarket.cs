using System.Globalization;
using Marketplace.Tests;
using Microsoft.Playwright;

namespace Marketplace.Benchmarks.Pages;

/// <summary>A real silo with many jobs, and Chromium with pages of it.</summary>
internal sealed class PagesMarket : IAsyncDisposable
{
    /// <summary>One job in so many fails, and one in so many is of the rare program: what a filter has to find.</summary>
    private const int RareEvery = 1000;

    private readonly TemporaryFolder? _temporary;
    private readonly string _marker;

    private PagesMarket(TemporaryFolder? temporary, SiloProcess silo, IPlaywright playwright, IBrowser browser)
    {
        (_temporary, Silo, Playwright, Browser) = (temporary, silo, playwright, browser);
        _marker = Path.Combine(silo.Folder, "jobs-of-pages");
        Client = silo.Client();
    }

    public SiloProcess Silo { get; }

    public MarketplaceClient Client { get; }

    public IBrowser Browser { get; }

    public ProgramId Common { get; private set; }

    public ProgramId Rare { get; private set; }

    /// <summary>Jobs that this folder's silo was given, by this run and by those before.</summary>
    public int Jobs { get; private set; }

    private IPlaywright Playwright { get; }

    private ProgramId Faulty { get; set; }

    public string Url => Client.Url.AbsoluteUri.TrimEnd('/');

    public static async Task<PagesMarket> Start(BenchmarkArguments arguments)
    {
        if (ChromiumProgram.Path is null)
        {
            throw new BenchmarkException("Chromium is not installed. On Debian, run 'apt-get install chromium'.");
        }
        var kept = arguments.Text("data", "");
        var temporary = kept.Length == 0 ? new TemporaryFolder() : null;
        var silo = await SiloProcess.Start(temporary?.Path ?? kept, CancellationToken.None, "--isolation", "none");
        var playwright = await Microsoft.Playwright.Playwright.CreateAsync();
        var market = new PagesMarket(temporary, silo, playwright, await ChromiumProgram.Launch(playwright));
        market.Common = await market.Deploy("echo");
        market.Rare = await market.Deploy("wordcount");
        market.Faulty = await market.Deploy("faulty");
        market.Jobs = File.Exists(market._marker) ? int.Parse(File.ReadAllText(market._marker), CultureInfo.InvariantCulture) : 0;
        return market;
    }

    /// <summary>Gives the silo jobs until it was given so many, and waits until all have ended and the read model has them.</summary>
    public async Task Fill(int jobs, BenchmarkArguments arguments)
    {
        if (jobs <= Jobs)
        {
            return;
        }
        var first = Jobs;
        var load = await JobsBenchmark.Submit([Client], index => Request(first + index), jobs - first, TimeSpan.Zero, arguments);
        Count(load.Ids.Count);
    }

    /// <summary>Submits so many jobs and waits for none.</summary>
    public async Task Submit(int jobs)
    {
        var requests = Enumerable.Range(Jobs, jobs).Select(Request).ToArray();
        Count(jobs);
        foreach (var item in await Client.Jobs.SubmitBatch(requests))
        {
            if (item.Code is not null)
            {
                throw new BenchmarkException($"A job was refused: {item.Code} {item.Message}");
            }
        }
    }

    /// <summary>A browser's profile without a cache, signed in and probed.</summary>
    public async Task<IBrowserContext> Context()
    {
        var context = await Browser.NewContextAsync(
            new BrowserNewContextOptions
            {
                ViewportSize = new() { Width = 1280, Height = 900 },
            }
        );
        await context.SignIn((await File.ReadAllTextAsync(Path.Combine(Silo.Folder, "key"))).Trim());
        await context.AddInitScriptAsync(scriptPath: Path.Combine(AppContext.BaseDirectory, "probe.js"));
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        Playwright.Dispose();
        await Client.DisposeAsync();
        await Silo.Stop(CancellationToken.None);
        await Silo.DisposeAsync();
        _temporary?.Dispose();
    }

    private JobRequest Request(int index) =>
        (index % RareEvery) switch
        {
            0 => JobsBenchmark.Request(Rare, $"page-{index}"),
            1 => JobsBenchmark.Request(Faulty, $"page-{index}"),
            _ => JobsBenchmark.Request(Common, $"page-{index}"),
        };

    private void Count(int jobs)
    {
        Jobs += jobs;
        File.WriteAllText(_marker, Jobs.ToString(CultureInfo.InvariantCulture));
    }

    private async Task<ProgramId> Deploy(string name)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm"));
        return (await Client.Programs.Deploy(module, name)).Id;
    }
}
