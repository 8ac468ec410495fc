using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Marketplace.Receipts.Tests;

/// <summary>
/// The page that verifies receipts (receipts/verifier) is built by node and checked in. What it finds is compared by tests/Verify; here is
/// what needs no node.
/// </summary>
public sealed partial class VerifierPageTests
{
    private const string PageName = "receipt-verifier.html";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "verifier");
    private static readonly string Page = File.ReadAllText(Path.Combine(Folder, PageName));

    /// <summary>By the rule of build.mjs, which the page keeps a stamp of.</summary>
    [Fact]
    public void Page_IsBuiltFromTheSourcesThatAreCheckedIn()
    {
        var names = Directory
            .GetFiles(Folder)
            .Select(path => Path.GetFileName(path))
            .Where(name => name != PageName)
            .Order(StringComparer.Ordinal)
            .ToArray();
        Assert.Equal(
            [
                "bls.mjs",
                "build.mjs",
                "ed25519.mjs",
                "form.mjs",
                "package-lock.json",
                "package.json",
                "page.css",
                "page.html",
                "page.mjs",
                "reuse.mjs",
                "verify.mjs",
            ],
            names
        );
        var sums = string.Concat(names.Select(name => $"{Hash(File.ReadAllBytes(Path.Combine(Folder, name)))}  {name}\n"));

        Assert.True(
            Page.Contains($"<meta name=\"sources\" content=\"{Hash(Encoding.UTF8.GetBytes(sums))}\">", StringComparison.Ordinal),
            $"{PageName} was built from other sources: run 'npm ci' and 'npm run build' in receipts/verifier."
        );
    }

    /// <summary>Its policy lets run what is in it by its hash, and nothing else: no request leaves the page.</summary>
    [Fact]
    public void Policy_AllowsThePagesOwnScriptAndStyleAlone()
    {
        var policy = PolicyPattern().Match(Page).Groups[1].Value;

        Assert.Equal(
            [
                "default-src 'none'",
                $"script-src '{HashOf("script")}'",
                $"style-src '{HashOf("style")}'",
                "base-uri 'none'",
                "form-action 'none'",
                "require-trusted-types-for 'script'",
                "trusted-types 'none'",
            ],
            policy.Split("; ")
        );
    }

    [Theory]
    [InlineData("innerHTML")]
    [InlineData("outerHTML")]
    [InlineData("insertAdjacentHTML")]
    [InlineData("document.write")]
    [InlineData("eval(")]
    [InlineData("fetch(")]
    [InlineData("XMLHttpRequest")]
    [InlineData("WebSocket")]
    [InlineData("sendBeacon")]
    [InlineData("import(")]
    [InlineData("<link")]
    [InlineData("src=")]
    public void Page_HasNothingThatMakesMarkupOrRequests(string word) => Assert.DoesNotContain(word, Page, StringComparison.Ordinal);

    /// <summary>It refuses and admits the same words: a new outcome, state or fault is one of the page's as well.</summary>
    [Fact]
    public void Page_KnowsAllWords()
    {
        var source = File.ReadAllText(Path.Combine(Folder, "verify.mjs"));
        var words = Enum.GetValues<RunOutcome>()
            .Where(outcome => outcome.IsEnd())
            .Select(RunResult.NameOf)
            .Concat(Enum.GetValues<JobFault>().Select(Receipt.NameOf))
            .Append(RunResult.NotRun);

        Assert.All(words, word => Assert.Contains($"'{word}'", source, StringComparison.Ordinal));
    }

    private static string HashOf(string element)
    {
        var start = Page.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var content = Page[start..Page.LastIndexOf($"</{element}>", StringComparison.Ordinal)];
        return $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}";
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    [GeneratedRegex("<meta http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\">")]
    private static partial Regex PolicyPattern();
}
