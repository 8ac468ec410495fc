using Marketplace.Engine.Guests;
using Marketplace.Worker;
using Marketplace.Worker.Isolation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker;

public sealed class SandboxTests
{
    private static WorkerOptions Options =>
        new()
        {
            Worker = new WorkerId(default),
            PayTo = new AccountId(default),
            Slots = 1,
            Child = TestChild.Command,
        };

    [Fact]
    public void SandboxedChild_SeesNeitherNetworkNorFilesNorProcessesOfTheMachine()
    {
        Sandboxes.OrSkip();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root looks into a child.");
        ChildProcess? bubblewrap = null;
        var command = Sandbox.Command(Sandbox.Find()!, TestChild.Command);
        using var host = TestChild.Host(program: command, started: started => bubblewrap ??= started);
        host.Open(default, Echo).Dispose();

        var innermost = bubblewrap!.Id;
        while (ChildrenOf(innermost) is [var child, ..])
        {
            innermost = child;
        }
        Assert.NotEqual(bubblewrap.Id, innermost);
        foreach (var space in (string[])["net", "mnt", "pid", "ipc", "uts", "user"])
        {
            var (inside, here) = (Space($"/proc/{innermost}", space), Space("/proc/self", space));
            Assert.NotNull(inside);
            Assert.NotEqual(here, inside);
        }
        var root = File.ReadLines($"/proc/{innermost}/mountinfo").Single(line => line.Split(' ')[4] == "/").Split(' ');
        Assert.Contains("ro", root[5].Split(','));
        Assert.False(Directory.Exists($"/proc/{innermost}/root/home"));
        Assert.False(Directory.Exists($"/proc/{innermost}/root/root"));
    }

    [Theory]
    [InlineData(TestChild.Opens, true, 1)]
    [InlineData(TestChild.Connects, true, 1)]
    // What the filter refuses is not even there: the file of the machine that the child names.
    [InlineData(TestChild.Opens, false, 2)]
    public void SandboxedChild_OpensNeitherFileNorSocket(string what, bool filters, int error)
    {
        Sandboxes.OrSkip();
        using var host = TestChild.Host(program: Sandbox.Command(Sandbox.Find()!, TestChild.Command), filters: filters);
        using var program = host.Open(default, Echo);
        var invocation = new GuestInvocation
        {
            Environment = new Dictionary<string, string> { [TestChild.Does] = what },
            Now = DateTimeOffset.UnixEpoch,
            Seed = default,
            Limits = new GuestLimits(long.MaxValue, 16, TimeSpan.FromMinutes(1), OutputBytesMax: 1000, LogBytesMax: 1000),
        };
        var failure = Assert.Throws<GuestFailedException>(() => program.Run(invocation));
        Assert.EndsWith($"answer -1, error {error}", failure.Message);
    }

    [Theory]
    [InlineData("/usr/lib/dotnet/shared/Microsoft.NETCore.App/10.0.12/", "/usr/lib/dotnet")]
    [InlineData("/usr/lib/dotnet/shared/Microsoft.NETCore.App/10.0.12", "/usr/lib/dotnet")]
    [InlineData("/app/silo/", "/app/silo")]
    [InlineData("/srv/Microsoft.NETCore.App/silo/", "/srv/Microsoft.NETCore.App/silo")]
    public void Sandbox_ShowsOfARuntimeThatAProgramBringsTheFolderOfTheProgramOnly(string runtime, string root) =>
        Assert.Equal(root, ChildCommand.RootOf(runtime));

    [Fact]
    public void StrictestIsolationThatWorks_IsTaken()
    {
        Sandboxes.OrSkip();
        var (host, choice) = ProgramHosts.Open(Options with { Isolation = null }, TimeProvider.System, NullLogger.Instance);
        host.Dispose();
        Assert.Equal(new IsolationChoice(IsolationKind.Sandbox, ""), choice);
        Assert.Equal("sandbox", choice.ToString());
    }

    [Fact]
    public void WhereNoChildStarts_TheChoiceIsNoneAndSaysWhy()
    {
        var options = Options with { Child = new ChildCommand(["/bin/false"]) };
        var (host, choice) = ProgramHosts.Open(options with { Isolation = null }, TimeProvider.System, NullLogger.Instance);
        host.Dispose();
        Assert.Equal(IsolationKind.None, choice.Kind);
        Assert.StartsWith("none: ", choice.ToString());
        Assert.Contains("Isolation process does not work here", choice.Why);
        Assert.Contains("exit code 1", choice.Why);

        var refusal = Assert.Throws<IsolationException>(() =>
            ProgramHosts.Open(options with { Isolation = IsolationKind.Process }, TimeProvider.System, NullLogger.Instance)
        );
        Assert.Contains("exit code 1", refusal.Message);
    }

    private static byte[] Echo() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));

    private static string? Space(string process, string name) => new FileInfo($"{process}/ns/{name}").LinkTarget;

    private static int[] ChildrenOf(int process) =>
        [
            .. File.ReadAllText($"/proc/{process}/task/{process}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(int.Parse),
        ];
}
