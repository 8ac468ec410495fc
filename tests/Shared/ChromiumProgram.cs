using Microsoft.Playwright;

namespace Marketplace.Tests;

/// <summary>Debian's Chromium, where it is installed.</summary>
internal static class ChromiumProgram
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static string? Path { get; } = Places.FirstOrDefault(File.Exists);

    public static Task<IBrowser> Launch(IPlaywright playwright) =>
        playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = Path ?? Places[0],
                // Root has no sandbox of its own; what is shown comes from a silo of this machine alone.
                Args = ["--no-sandbox"],
            }
        );

    /// <summary>Has every page of a context signed in from its first script on.</summary>
    public static Task SignIn(this IBrowserContext context, string key) =>
        context.AddInitScriptAsync($"sessionStorage.setItem('marketplace.key', '{key}')");
}
