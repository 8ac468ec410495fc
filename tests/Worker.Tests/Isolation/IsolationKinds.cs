using System.Diagnostics;
using Marketplace.Worker.Isolation;

namespace Marketplace.Tests.Worker;

// What a worker does is the same wherever its guests run.

public sealed class RunInThisProcessTests() : RunTests(IsolationKind.None);

public sealed class RunInChildrenTests() : RunTests(IsolationKind.Process);

public sealed class RunInSandboxTests() : RunTests(Sandboxes.OrSkip());

public sealed class FailureInThisProcessTests() : FailureTests(IsolationKind.None);

public sealed class FailureInChildrenTests() : FailureTests(IsolationKind.Process);

/// <summary>Whether this machine has sandboxes.</summary>
internal static class Sandboxes
{
    private static readonly Lazy<string?> WhyNot = new(Try);

    public static IsolationKind OrSkip()
    {
        var isThere = Sandbox.Find() is not null;
        Assert.False(!isThere && Environment.GetEnvironmentVariable("CI") == "true", "bubblewrap is not installed; .ci/run installs it.");
        Assert.SkipUnless(isThere, "bubblewrap is not installed (Debian: apt-get install bubblewrap).");
        Assert.SkipWhen(WhyNot.Value is not null, $"bubblewrap does not work on this machine: {WhyNot.Value}");
        return IsolationKind.Sandbox;
    }

    /// <summary>Whether the system lets this user make namespaces at all; containers often do not.</summary>
    private static string? Try()
    {
        string[] arguments = ["--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"];
        using var process = Process.Start(new ProcessStartInfo(Sandbox.Find()!, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : said;
    }
}
