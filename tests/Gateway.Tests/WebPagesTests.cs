using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Marketplace.Gateway;

namespace Marketplace.Tests.Gateway;

/// <summary>The web pages come from the gateway's own library, and may do nothing but show and ask this gateway.</summary>
public sealed partial class WebPagesTests
{
    [Theory]
    [InlineData("/"), InlineData("/jobs"), InlineData("/jobs/new"), InlineData("/jobs?state=failed"), InlineData("/workers/0a/b")]
    [InlineData("/money"), InlineData("/ledger"), InlineData("/silo"), InlineData("/join"), InlineData("/market")]
    public async Task AddressOfAPage_IsTheOneDocument_WhichHoldsNoScriptAndNoStyle(string address)
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null, isChecked: false);

        using var response = await stranger.GetAsync(new Uri(address, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("<div id=\"root\">", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<style", text, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script(?![^>]* src=)", text);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.EndsWith("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
        Assert.True(response.Headers.CacheControl!.NoCache);
    }

    [Fact]
    public async Task EveryFile_IsServedWithItsType_AndCompressedWhereTheBrowserTakesThat()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null, isChecked: false);
        var files = new WebFiles();
        Assert.True(files.Names.Count() > 10);

        foreach (var name in files.Names.Where(name => name != WebFiles.Index))
        {
            var file = files.Find(name)!;
            using var plain = await stranger.GetAsync(new Uri($"/{name}", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(file.Type, plain.Content.Headers.ContentType!.ToString());
            Assert.Equal(file.Content.ToArray(), await plain.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

            using var asked = new HttpRequestMessage(HttpMethod.Get, $"/{name}");
            asked.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("br"));
            using var compressed = await stranger.SendAsync(asked, TestContext.Current.CancellationToken);
            Assert.Equal(["br"], compressed.Content.Headers.ContentEncoding);
            await using var body = await compressed.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            await using var brotli = new BrotliStream(body, CompressionMode.Decompress);
            using var content = new MemoryStream();
            await brotli.CopyToAsync(content, TestContext.Current.CancellationToken);
            Assert.Equal(file.Content.ToArray(), content.ToArray());
        }
    }

    [Fact]
    public async Task WebAssembly_IsForTheWorkerThatRunsAJobAgain_WhichReachesNothing()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null, isChecked: false);
        List<string> compiling = [];

        foreach (var name in new WebFiles().Names)
        {
            using var response = await stranger.GetAsync(
                new Uri(name == WebFiles.Index ? "/" : $"/{name}", UriKind.Relative),
                TestContext.Current.CancellationToken
            );
            var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
            if (policy.Contains("unsafe", StringComparison.Ordinal))
            {
                compiling.Add(name);
                Assert.Equal("default-src 'none'; script-src 'wasm-unsafe-eval'", policy);
            }
        }

        Assert.Matches("^assets/replayWorker-[^/]+[.]js$", Assert.Single(compiling));
    }

    [Fact]
    public async Task FileThatTheBrowserHas_IsNotSentAgain()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null, isChecked: false);
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/");
        asked.Headers.TryAddWithoutValidation("If-None-Match", new WebFiles().Find(WebFiles.Index)!.Tag);

        using var response = await stranger.SendAsync(asked, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
    }

    [Theory]
    [InlineData("/assets/none.js"), InlineData("/assets/../index.html"), InlineData("/assets/..%2findex.html"), InlineData("/favicon.ico")]
    public async Task UnknownFile_IsAProblem(string address)
    {
        await using var gateway = await GatewayFixture.Start();

        await gateway.Client.Send(HttpMethod.Get, address).Refused(HttpStatusCode.NotFound, ErrorCode.NotFound);
    }

    /// <summary>The first view is the document, the scripts that it names, and all that they import before they run.</summary>
    [Fact]
    public void FirstView_AndThatOfEachPartThatComesLater_IsUnder250KilobytesOfScript()
    {
        var files = new WebFiles();
        var first = WithImports(files, WebFiles.Index);
        Assert.InRange(Size(first), 10_000, 250_000);

        foreach (var later in files.Names.Where(name => name.EndsWith(".js", StringComparison.Ordinal)))
        {
            Assert.InRange(Size(first.Union(WithImports(files, later))), 10_000, 250_000);
        }

        int Size(IEnumerable<string> names) =>
            names.Where(name => name.EndsWith(".js", StringComparison.Ordinal)).Sum(name => files.Find(name)!.Brotli.Length);
    }

    /// <summary>A file, and those that a browser loads before it runs it.</summary>
    private static HashSet<string> WithImports(WebFiles files, string name)
    {
        HashSet<string> all = [];
        for (Stack<string> open = new([name]); open.TryPop(out var next); )
        {
            if (all.Add(next))
            {
                foreach (Match import in Named().Matches(Encoding.UTF8.GetString(files.Find(next)!.Content.Span)))
                {
                    open.Push($"assets/{import.Groups["name"].Value}");
                }
            }
        }
        return all;
    }

    [GeneratedRegex(
        """
            (?:from|import)\s*["'`]\./(?<name>[^"'`]+\.js)["'`]
            | (?:src|href)="/assets/(?<name>[^"]+\.js)["]
            """,
        RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Named();
}
