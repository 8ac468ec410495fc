using Marketplace.Silo;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Silo;

/// <summary>Which workers of other machines an operator lets in.</summary>
public sealed class KnownWorkersTests : IDisposable
{
    private static readonly WorkerId Worker = new(new Bytes32([.. Enumerable.Repeat((byte)0x1F, 32)]));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, "http://127.0.0.1:0", true)]
    [InlineData(null, "https://0.0.0.0:0", false)]
    [InlineData("any", "https://0.0.0.0:0", true)]
    [InlineData("known", "http://127.0.0.1:0", false)]
    public void Stranger_IsLetIn_WhereTheOptionOrLoopbackSaysSo(string? admit, string urls, bool isLetIn) =>
        Assert.Equal(isLetIn, Known(admit, urls).LetsIn(Worker));

    [Fact]
    public void WorkerInTheListPathIsLetIn_FromTheNextConnectionOn()
    {
        var known = Known("known");
        Assert.False(known.LetsIn(Worker));

        File.WriteAllText(ListPath, $"# ours\n\n  {Worker}  # in the cellar\n");
        Assert.True(known.LetsIn(Worker));

        File.WriteAllText(ListPath, $"# {Worker}\n");
        Assert.False(known.LetsIn(Worker));
    }

    [Fact]
    public void FileAtTheLimit_IsRead_OneByteBeyondIsNot()
    {
        var known = Known("known");
        File.WriteAllText(ListPath, $"{Worker}\n".PadRight((int)KnownWorkers.FileBytesMax, '\n'));
        Assert.True(known.LetsIn(Worker));

        File.AppendAllText(ListPath, "\n");
        Assert.False(known.LetsIn(Worker));
    }

    [Fact]
    public void OtherWord_IsRefused() =>
        Assert.Contains(
            "any or known",
            Assert.Throws<SiloOptionsException>(() => new SiloOptions { AdmitWorkers = "some" }.Validate()).Message
        );

    private string ListPath => Path.Combine(_folder.Path, KnownWorkers.FileName);

    private KnownWorkers Known(string? admit, string urls = "http://127.0.0.1:0") =>
        new(new SiloOptions { AdmitWorkers = admit, Urls = urls }, new SiloFolder(_folder.Path), NullLogger<KnownWorkers>.Instance);
}
