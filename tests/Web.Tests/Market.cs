using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Marketplace.Tests.Web;

/// <summary>A real silo with its worker, of one test class, and pages of it in a browser.</summary>
public partial class Market(Chromium chromium) : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("market-web");
    private SiloProcess? _silo;

    /// <summary>Whether there is a browser, or has to be one: else the tests are skipped, and nothing is started.</summary>
    protected static bool IsUsed => Chromium.Program is not null || Testing.Vectors.Required;

    /// <summary>For files of this market's tests, gone after them.</summary>
    protected string Folder => _folder.FullName;

    public MarketplaceClient Client { get; private set; } = null!;

    /// <summary>The link that the silo said at its start.</summary>
    public string Link => LinkPattern().Match(_silo!.Output).Value;

    public string Url => Client.Url.AbsoluteUri.TrimEnd('/');

    public string Key => File.ReadAllText(Path.Combine(SiloFolder, "key")).Trim();

    protected string SiloFolder => Path.Combine(Folder, "silo");

    public virtual async ValueTask InitializeAsync()
    {
        if (IsUsed)
        {
            await StartSilo();
        }
    }

    protected async Task StartSilo(params string[] arguments)
    {
        _silo = await SiloProcess.Start(SiloFolder, TestContext.Current.CancellationToken, arguments);
        Client = _silo.Client();
    }

    /// <summary>An empty page, signed in, which fails the test on an error of a script or a breach of the content policy.</summary>
    /// <param name="options">Of the browser's window.</param>
    /// <param name="key">Who is signed in; null: the operator.</param>
    public async Task<WatchedPage> Page(BrowserNewContextOptions? options = null, string? key = null)
    {
        var context = await chromium.Context(options);
        await context.SignIn(key ?? Key);
        return new WatchedPage(context, await context.NewPageAsync(), Url);
    }

    /// <summary>As a first visitor's: nobody is signed in.</summary>
    public async Task<WatchedPage> StrangersPage()
    {
        var context = await chromium.Context();
        return new WatchedPage(context, await context.NewPageAsync(), Url);
    }

    /// <summary>A job that has ended with its input in capital letters.</summary>
    public async Task<Job> Echo(string text)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var module = File.OpenRead(Program("echo"));
        var program = await Client.Programs.Deploy(module, "echo", cancellation: cancellation);
        return await Client.Jobs.Run(new JobSpec { Program = program.Id, InputText = text }, cancellation: cancellation);
    }

    /// <summary>So many jobs, of which all have ended.</summary>
    public async Task EchoMany(int count)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var module = File.OpenRead(Program("echo"));
        var program = await Client.Programs.Deploy(module, "echo", cancellation: cancellation);
        var specs = Enumerable.Range(0, count).Select(index => new JobSpec { Program = program.Id, InputText = $"{index}" });
        await foreach (var result in Client.Jobs.RunMany(specs, cancellation: cancellation))
        {
            Assert.Equal(JobState.Completed, result.Job?.State);
        }
    }

    public static string Program(string name) => Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm");

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_silo is not null)
        {
            await Client.DisposeAsync();
            await _silo.DisposeAsync();
        }
        _folder.Delete(recursive: true);
    }

    [GeneratedRegex(@"http://\S+/#ticket=[0-9a-f]{64}")]
    private static partial Regex LinkPattern();
}

/// <summary>A page, and what went wrong in it.</summary>
public sealed class WatchedPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly string _url;
    private readonly ConcurrentQueue<string> _faults = [];

    public WatchedPage(IBrowserContext context, IPage page, string url)
    {
        (_context, Page, _url) = (context, page, url);
        page.PageError += (_, error) => _faults.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
            {
                _faults.Enqueue(message.Text);
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(url, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                _faults.Enqueue($"asks {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    public async Task<IPage> Go(string path)
    {
        await Page.GotoAsync(_url + path);
        return Page;
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.Empty(_faults);
    }
}
