using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Marketplace.Chain.Tests;

public sealed class RpcEndpointTests
{
    [Theory]
    [InlineData("https://mainnet.example.org/v3/0123456789abcdef", "https://mainnet.example.org")]
    [InlineData(
        "https://user:password@mainnet.example.org:8443/?key=0123456789abcdef#0123456789abcdef",
        "https://mainnet.example.org:8443"
    )]
    [InlineData("http://127.0.0.1:8545", "http://127.0.0.1:8545")]
    public void Endpoint_ShowsNoMoreThanItsHost(string url, string shown)
    {
        var endpoint = RpcEndpoint.Parse(url);
        Assert.Equal((shown, shown), (endpoint.Name, endpoint.ToString()));
    }

    [Theory]
    [InlineData("ftp://example.org/0123456789abcdef"), InlineData("file:///0123456789abcdef"), InlineData("/0123456789abcdef")]
    [InlineData("ws://example.org/0123456789abcdef"), InlineData("https:///0123456789abcdef"), InlineData("0123456789abcdef")]
    public void OtherUrls_AreRefusedAndNotRepeated(string url)
    {
        var refused = Assert.Throws<ArgumentException>(() => RpcEndpoint.Parse(url));
        Assert.DoesNotContain("0123456789abcdef", refused.ToString());
    }

    /// <summary>Providers like to say which key it is that they do not know.</summary>
    [Fact]
    public async Task NodesWords_AreCleanedOfTheSecret()
    {
        await using var rig = new RpcRig();
        var words = $"no key {ScriptedNode.Secret.ToUpperInvariant()}\u001b[31m\nred";
        rig.Node.TwistBody = body => FailoverRpcTests.Refuse(body, -32000, words);

        var refused = await Assert.ThrowsAsync<RpcErrorException>(() =>
            new FailoverRpc(rig.Options).GetHead(HeadKind.Latest, TestContext.Current.CancellationToken)
        );

        Assert.Equal((-32000, "no key ***?[31m?red"), (refused.Code, refused.Said));
        Assert.DoesNotContain(ScriptedNode.Secret, refused.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task LongWords_AreCut()
    {
        await using var rig = new RpcRig();
        var words = "";
        rig.Node.TwistBody = body => FailoverRpcTests.Refuse(body, -32000, words);
        foreach (var length in (int[])[RpcPolicy.MessageCharsMax, RpcPolicy.MessageCharsMax + 1, RpcPolicy.MessageReadMax + 1])
        {
            words = new string('x', length);
            var refused = await Assert.ThrowsAsync<RpcErrorException>(() =>
                new FailoverRpc(rig.Options).GetHead(HeadKind.Latest, TestContext.Current.CancellationToken)
            );
            var said =
                length > RpcPolicy.MessageReadMax ? $"({length} characters)"
                : length > RpcPolicy.MessageCharsMax ? $"{new string('x', RpcPolicy.MessageCharsMax)}..."
                : words;
            Assert.Equal(said, refused.Said);
        }
    }

    /// <summary>Where the program's traces are listened to, those of the HTTP client would have the whole URL.</summary>
    [Fact]
    public async Task Traces_HaveNoUrl()
    {
        var traced = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("System.Net.Http", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => traced.Enqueue($"{activity.GetTagItem("url.full")}"),
        };
        ActivitySource.AddActivityListener(listener);
        await using var rig = new RpcRig();
        var host = rig.Node.Endpoint.Name["http://".Length..];

        await new FailoverRpc(rig.Options).GetHead(HeadKind.Latest, TestContext.Current.CancellationToken);

        // Other tests may run meanwhile, with handlers of their own.
        Assert.DoesNotContain(traced, url => url.Contains(host, StringComparison.Ordinal));
    }

    [Fact]
    public async Task UserInfo_IsSentAsAuthorization()
    {
        await using var rig = new RpcRig();
        await new FailoverRpc(rig.Options).GetHead(HeadKind.Latest, TestContext.Current.CancellationToken);
        var expected = Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{ScriptedNode.Secret}"));
        Assert.Contains($"Authorization: Basic {expected}", rig.Node.LastHead);
        Assert.StartsWith($"POST /v3/{ScriptedNode.Secret}?key={ScriptedNode.Secret} HTTP/1.1", rig.Node.LastHead);
    }

    [Fact]
    public async Task UnsoundOptions_AreRefused()
    {
        await using var rig = new RpcRig();
        using var client = new HttpClient();
        var options = rig.Options;
        foreach (
            var unsound in (RpcOptions[])
                [
                    options with
                    {
                        Endpoints = [],
                    },
                    options with
                    {
                        Endpoints = [rig.Node.Endpoint, rig.Node.Endpoint],
                    },
                    options with
                    {
                        Invoker = client,
                    },
                    options with
                    {
                        RequestTimeMax = TimeSpan.Zero,
                    },
                ]
        )
        {
            Assert.Throws<ArgumentException>(() => new FailoverRpc(unsound));
        }
        Assert.Throws<ArgumentException>(() => new QuorumRpc(options, quorum: 0));
        Assert.Throws<ArgumentException>(() => new QuorumRpc(options, quorum: 2));
        Assert.DoesNotContain(ScriptedNode.Secret, options.ToString());
        _ = new FailoverRpc(options with { Endpoints = [.. Enumerable.Range(1, RpcPolicy.EndpointsMax).Select(Numbered)] });
    }

    private static RpcEndpoint Numbered(int number) => RpcEndpoint.Parse($"http://127.0.0.{number}/");
}
