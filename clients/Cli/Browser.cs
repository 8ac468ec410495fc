using System.Diagnostics;

namespace Marketplace.Cli;

/// <summary>The browser that the person has chosen on this machine.</summary>
internal static class Browser
{
    /// <summary>Ends at once, also where the program that opens links stays as long as the browser; 127: there is none.</summary>
    private const string OpenInBackground = "command -v xdg-open >/dev/null 2>&1 || exit 127; xdg-open \"$0\" >/dev/null 2>&1 &";

    /// <returns>False where there is none.</returns>
    public static bool Open(string link)
    {
        using var browser = Process.Start(
            OperatingSystem.IsWindows() ? new ProcessStartInfo(link) { UseShellExecute = true }
            : OperatingSystem.IsMacOS() ? new ProcessStartInfo("open", [link])
            : new ProcessStartInfo("sh", ["-c", OpenInBackground, link])
        );
        if (OperatingSystem.IsWindows() || browser is null)
        {
            return true;
        }
        browser.WaitForExit();
        return browser.ExitCode == 0;
    }
}
