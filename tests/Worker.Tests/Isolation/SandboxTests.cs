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

    [Fact]
    public void StrictestIsolationThatWorks_IsTaken()
    {
        Sandboxes.OrSkip();
        var (host, kind) = ProgramHosts.Open(Options with { Isolation = null }, TimeProvider.System, NullLogger.Instance, out var why);
        host.Dispose();
        Assert.Equal((IsolationKind.Sandbox, ""), (kind, why));
    }

    [Fact]
    public void WhereNoChildStarts_TheChoiceIsNoneAndSaysWhy()
    {
        var options = Options with { Child = new ChildCommand(["/bin/false"]) };
        var (host, kind) = ProgramHosts.Open(options with { Isolation = null }, TimeProvider.System, NullLogger.Instance, out var why);
        host.Dispose();
        Assert.Equal(IsolationKind.None, kind);
        Assert.Contains("Isolation Process does not work here", why);
        Assert.Contains("exit code 1", why);

        var refusal = Assert.Throws<IsolationException>(() =>
            ProgramHosts.Open(options with { Isolation = IsolationKind.Process }, TimeProvider.System, NullLogger.Instance, out _)
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
