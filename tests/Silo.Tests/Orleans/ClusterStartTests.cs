using System.Net;
using System.Net.Sockets;
using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

/// <summary>A start that cannot succeed says why in a sentence, and what to do.</summary>
public sealed class ClusterStartTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--database-file must be given")]
    [InlineData("--database holds a password", "--database", "Host=h;Database=d;Password=secret")]
    [InlineData("belong together", "--database", "Host=h;Database=d", "--silo-certificate", "a.pem")]
    [InlineData(
        "two ways to the same",
        "--database",
        "Host=h",
        "--silo-certificates",
        "f",
        "--silo-certificate",
        "a",
        "--silo-certificate-key",
        "b",
        "--silo-trusted-ca",
        "c"
    )]
    [InlineData("--silo-plaintext is 'true'", "--database", "Host=h", "--silo-certificates", "f", "--silo-plaintext", "true")]
    [InlineData("--silo-port is '65536'; allowed: 0 to 65535", "--database", "Host=h;Database=d", "--silo-port", "65536")]
    [InlineData("--shards is '65'; allowed: 1 to 64", "--database", "Host=h;Database=d", "--shards", "65")]
    [InlineData("--change-shards is 'true'", "--database", "Host=h;Database=d", "--change-shards", "true")]
    [InlineData("--cluster-id is 'a b'", "--database", "Host=h;Database=d", "--cluster-id", "a b")]
    public void WrongOption_IsNamedWithWhatIsAllowed(string expected, params string[] arguments)
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => SiloConfiguration.Read(arguments));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no word of it", false)]
    [InlineData("Host=h;Password=secret", false)]
    [InlineData("Host=h;Database=d;Password=secret", true)]
    public void ConnectionString_IsReadButNeverRepeated(string text, bool isSound)
    {
        var failure = Record.Exception(() => new ClusterDatabase(new SiloOptions { Database = text }));

        Assert.Equal(isSound, failure is null);
        Assert.DoesNotContain("secret", failure?.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.1"), InlineData("172.16.0.1"), InlineData("172.31.255.255"), InlineData("192.168.1.1"), InlineData("169.254.1.1")]
    [
        InlineData("100.64.0.1"),
        InlineData("127.0.0.1"),
        InlineData("::1"),
        InlineData("fd00::1"),
        InlineData("fe80::1"),
        InlineData("::ffff:10.0.0.1")
    ]
    public void PrivateAddress_IsPrivate(string address) => Assert.True(ClusterAddress.IsPrivate(IPAddress.Parse(address)));

    [Theory]
    [
        InlineData("8.8.8.8"),
        InlineData("172.15.0.1"),
        InlineData("172.32.0.1"),
        InlineData("192.169.0.1"),
        InlineData("100.63.0.1"),
        InlineData("100.128.0.1")
    ]
    [InlineData("11.0.0.1"), InlineData("2001:db8::1"), InlineData("::ffff:8.8.8.8")]
    public void PublicAddress_NeedsCertificates(string address)
    {
        var plain = new SiloOptions { SiloAddress = address, SiloPlaintext = true };
        var refusal = Assert.Throws<SiloOptionsException>(() => ClusterAddress.Find(plain));

        Assert.Contains(address, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--silo-certificate", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>A process that reaches the port may call every grain, so a private network is no reason to go without.</summary>
    [Fact]
    public void AddressBeyondLoopback_NeedsCertificates_OrTheWordThatItDoesNot()
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => ClusterAddress.Find(new SiloOptions { SiloAddress = "10.255.255.1" }));

        Assert.Contains("--silo-certificates", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--silo-plaintext", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(IPAddress.Loopback, ClusterAddress.Find(new SiloOptions { SiloPort = 0 }).Address);
        // Allowed; this machine only has no such address to listen at.
        var plain = new SiloOptions { SiloAddress = "10.255.255.1", SiloPlaintext = true };
        Assert.Throws<SocketException>(() => ClusterAddress.Find(plain));
        var secured = new SiloOptions { SiloAddress = "10.255.255.1", SiloCertificates = "folder" };
        Assert.Throws<SocketException>(() => ClusterAddress.Find(secured));
    }

    [Fact]
    public void TakenPort_IsFoundBeforeOrleansSharesIt()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();

        var refusal = Assert.Throws<SocketException>(() =>
            ClusterAddress.Find(new SiloOptions { SiloPort = ((IPEndPoint)other.LocalEndPoint!).Port })
        );

        Assert.Contains("--silo-port", StartFailure.Explain(refusal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SiloOfAnotherCluster_OrAnotherServer_OrOneFolderTwice_EndsWithASentence()
    {
        await using var cluster = await ClusterOfSilos.Make();
        await cluster.Start(Cancellation, "one");

        await Ends("the database belongs to the cluster 'market'", "two", [.. cluster.Options, "--cluster-id", "another"]);
        await Ends("is in use by another process", "one", cluster.Options);
        await Ends(
            "There is no such database",
            "three",
            ["--database", cluster.Database.Replace("Database=test1", "Database=no", StringComparison.Ordinal)]
        );
        await Ends(
            "refuses the login",
            "four",
            ["--database", cluster.Database.Replace("Username=market", "Username=nobody", StringComparison.Ordinal)]
        );
        await Ends("The database cannot be reached", "five", ["--database", "Host=127.0.0.1;Port=1;Database=market;Username=market"]);

        async Task Ends(string expected, string folder, string[] options)
        {
            var port = options.Contains("--silo-port") ? Array.Empty<string>() : ["--silo-port", "0"];
            await using var silo = SiloProcess.Launch(cluster.FolderOf(folder), [.. options, .. port]);
            var ended = await Assert.ThrowsAsync<InvalidOperationException>(() => silo.Ready(Cancellation));
            Assert.Contains("code 2", ended.Message, StringComparison.Ordinal);
            Assert.True(ended.Message.Contains(expected, StringComparison.Ordinal), ended.Message);
            Assert.DoesNotContain("   at ", ended.Message, StringComparison.Ordinal);
        }
    }
}
