using System.Buffers.Text;
using System.Text.RegularExpressions;
using Marketplace.Receipts;

namespace Marketplace.Verify.Receipts;

/// <summary>The built page in a headless browser: it gets a receipt in the address and leaves its verdict in the document.</summary>
/// <param name="program">Chromium, or a browser with its options.</param>
/// <param name="page">The built page's file.</param>
/// <param name="profile">A folder for what the browser keeps.</param>
internal sealed partial class PageInBrowser(string program, string page, string profile)
{
    /// <summary>Linux takes no longer word on a command line (MAX_ARG_STRLEN): longer receipts are not given to the page here.</summary>
    public const int FragmentMax = 120_000;

    /// <returns>The verdict, and what the browser's console says, of which there should be nothing.</returns>
    public async Task<(Verdict Verdict, string Console)> Judge(byte[] json)
    {
        var address = new UriBuilder(Uri.UriSchemeFile, "") { Path = page, Fragment = Base64Url.EncodeToString(json) };
        // The browser's own sandbox needs a user that is not root; what it opens here is our own page.
        string[] sandbox = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [];
        var end = await Programs.Run(
            profile,
            program,
            [
                "--headless",
                "--disable-gpu",
                $"--user-data-dir={profile}",
                "--enable-logging=stderr",
                .. sandbox,
                "--dump-dom",
                address.Uri.AbsoluteUri,
            ]
        );
        var verdict = VerdictPattern().Match(end.Output);
        if (end.Code != 0 || !verdict.Success)
        {
            throw new InvalidOperationException($"{program} ended with {end.Code}, without a verdict: {end.Error}{end.Output}");
        }
        var checks = CheckPattern()
            .Matches(end.Output)
            .Select(match => new ReceiptCheck(match.Groups[1].Value, ResultOf(match.Groups[2].Value), Finding: ""))
            .ToArray();
        var console = string.Join('\n', end.Error.Split('\n').Where(line => line.Contains(":CONSOLE", StringComparison.Ordinal)));
        var word = verdict.Groups[1].Value;
        return (new Verdict(word == "holds", word == "malformed" ? null : checks), console);
    }

    private static CheckResult ResultOf(string word) =>
        word switch
        {
            "holds" => CheckResult.Holds,
            "broken" => CheckResult.Broken,
            _ => CheckResult.NotChecked,
        };

    [GeneratedRegex("data-verdict=\"(holds|broken|malformed)\"")]
    private static partial Regex VerdictPattern();

    [GeneratedRegex("data-check=\"([^\"]*)\" data-result=\"(holds|broken|not_checked)\"")]
    private static partial Regex CheckPattern();
}
