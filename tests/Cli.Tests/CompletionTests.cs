namespace Marketplace.Cli.Tests;

public sealed class CompletionTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("j", "job")]
    [InlineData("job|st", "status")]
    [InlineData("job|list|--sta", "--state")]
    [InlineData("job|list|--state|comp", "completed")]
    [InlineData("job|list|--state|failed|--lim", "--limit")]
    [InlineData("key|create|ci|--scope|ad", "admin")]
    [InlineData("--url|x|blob|p", "put")]
    [InlineData("completion|f", "fish")]
    [InlineData("job|run|a.wasm", "")]
    [InlineData("job|run|--text|", "")]
    [InlineData("doc", "doctor")]
    public async Task Complete_GivesWhatMayStandThere(string words, string expected)
    {
        var ran = await _shell.Run(["complete", "--", .. words.Split('|')]);

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(expected, ran.Text.TrimEnd('\n'));
    }

    [Fact]
    public async Task Complete_GivesAllCommands_WhereNothingIsTyped() =>
        Assert.Contains("job\nkey\n", (await _shell.Run("complete", "--", "")).Text);

    [Theory, InlineData("bash"), InlineData("zsh"), InlineData("fish"), InlineData("pwsh")]
    public async Task Script_IsAsReviewed(string shell) =>
        Expectation.Matches($"completion/{shell}.txt", (await _shell.Run("completion", shell)).Text);

    /// <summary>The scripts as the shells run them, where they are installed: a command named market that answers as ours does.</summary>
    [Theory]
    [InlineData("bash", "COMP_WORDS=(market job st); COMP_CWORD=2; _market; printf '%s\\n' \"${COMPREPLY[@]}\"", "status")]
    [InlineData("bash", "COMP_WORDS=(market); COMP_CWORD=1; COMP_WORDS[1]=; _market; printf '%s\\n' \"${COMPREPLY[@]}\"", "blob job")]
    [InlineData("zsh", "words=(market job st); CURRENT=3; _market", "status")]
    [InlineData("zsh", "words=(market ''); CURRENT=2; _market", "blob job")]
    [InlineData("fish", "complete -C 'market job st'", "status")]
    [InlineData("fish", "complete -C 'market '", "blob job")]
    public async Task Script_CompletesInItsShell(string shell, string question, string expected)
    {
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}") || File.Exists($"/bin/{shell}"), $"{shell} is not installed");
        _shell.Write(
            "bin/market",
            """
            #!/bin/sh
            case "$*" in "complete -- job st") echo status;; "complete -- ") echo blob; echo job;; *) echo "wrong: $*";; esac
            """u8.ToArray()
        );
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(_shell.Folder, "bin/market"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        var prelude = shell == "zsh" ? "compdef() { :; }; compadd() { shift; print -l -- $@; }; _files() { :; };\n" : "";
        _shell.Write("ask", System.Text.Encoding.UTF8.GetBytes(prelude + (await _shell.Run("completion", shell)).Text + question + "\n"));
        var start = new System.Diagnostics.ProcessStartInfo(shell, ["ask"])
        {
            WorkingDirectory = _shell.Folder,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = $"{_shell.Folder}/bin:{start.Environment["PATH"]}";
        start.Environment["HOME"] = _shell.Folder;
        using var process = System.Diagnostics.Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            expected,
            string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0]))
        );
    }
}
