using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Marketplace.Tests.Tidy;

/// <summary>The web pages that a silo serves are what their sources give, and it serves the addresses of all of them.</summary>
public sealed partial class WebTests
{
    private const string Web = "dashboards/web";

    /// <summary>Types of the API that a build makes first; they leave nothing in the pages.</summary>
    private const string Schema = $"{Web}/src/api/schema.ts";

    /// <summary>As <c>dashboards/web/stamp.ts</c> names them.</summary>
    private static readonly string[] Parts =
    [
        $"{Web}/index.html",
        $"{Web}/package-lock.json",
        $"{Web}/public",
        $"{Web}/src",
        $"{Web}/vite.config.ts",
        "programs/echo/echo.wasm",
        "receipts/verifier/bls.mjs",
        "receipts/verifier/ed25519.mjs",
        "receipts/verifier/form.mjs",
        "receipts/verifier/reuse.mjs",
        "receipts/verifier/verify.mjs",
    ];

    [Fact]
    public void BuiltPages_AreOfTheseSources()
    {
        var files = Parts.SelectMany(FilesOf).Where(file => file != Schema).Order(StringComparer.Ordinal).ToArray();
        Assert.True(files.Length > 50);
        var sums = string.Concat(files.Select(file => $"{Hash(File.ReadAllBytes(Path.Combine(Repository.Root, file)))}  {file}\n"));

        Assert.True(
            Text($"{Web}/dist/index.html").Contains($"content=\"{Hash(Encoding.UTF8.GetBytes(sums))}\"", StringComparison.Ordinal),
            $"{Web}/dist was built from other sources: run 'npm ci' and 'npm run build' in {Web}."
        );
    }

    [Fact]
    public void EveryPage_HasAnAddressThatTheGatewayServes_AndTheOtherWayRound()
    {
        var pages = PagePattern()
            .Matches(Text($"{Web}/src/shell/pages.ts"))
            .Select(match => match.Groups[1].Value)
            .Where(part => part.Length > 0)
            .Distinct()
            .Order(StringComparer.Ordinal);
        var list = Text("gateway/Web/WebPagesApi.cs").Split("Pages =")[1].Split("];")[0];
        var served = NamePattern().Matches(list).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal);

        Assert.Equal(pages, served);
    }

    [Fact]
    public void Sources_SetNoMarkup_AndNameNoOtherHost()
    {
        foreach (var file in FilesOf($"{Web}/src").Where(file => file != Schema))
        {
            var text = Text(file);
            Assert.DoesNotContain("dangerouslySetInnerHTML", text, StringComparison.Ordinal);
            Assert.DoesNotContain("innerHTML", text, StringComparison.Ordinal);
            Assert.DoesNotContain("eval(", text, StringComparison.Ordinal);
            // A source may say in a comment where a form is described.
            Assert.DoesNotMatch(@"(?m)^(?!\s*(//|/?\*)).*https?://(?!127\.0\.0\.1)", text);
        }
    }

    private static IEnumerable<string> FilesOf(string part)
    {
        var path = Path.Combine(Repository.Root, part);
        return File.Exists(path) ? [part] : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Select(Repository.Relative);
    }

    private static string Text(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    [GeneratedRegex(@"path: '/([a-z]*)")]
    private static partial Regex PagePattern();

    [GeneratedRegex("\"([a-z]+)\"")]
    private static partial Regex NamePattern();
}
