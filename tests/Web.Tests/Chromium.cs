using Marketplace.Testing;
using Microsoft.Playwright;

namespace Marketplace.Tests.Web;

/// <summary>Debian's Chromium, one for all tests. Each test has a context of its own, which shares nothing with others.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>Silos, workers and a chain share the machine's cores with the browser; a page that is right is not waited for.</summary>
    private const float ShownMs = 30_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public static string? Program => ChromiumProgram.Path;

    public async ValueTask InitializeAsync()
    {
        // Where it is not installed the tests are skipped: tests/Directory.Build.targets says so.
        if (Program is null && !Vectors.Required)
        {
            return;
        }
        Assertions.SetDefaultExpectTimeout(ShownMs);
        _playwright = await Playwright.CreateAsync();
        _browser = await ChromiumProgram.Launch(_playwright);
    }

    public async Task<IBrowserContext> Context(BrowserNewContextOptions? options = null)
    {
        Assert.SkipWhen(_browser is null, "Chromium is not installed.");
        return await _browser.NewContextAsync(options ?? new BrowserNewContextOptions());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        _playwright?.Dispose();
    }
}
