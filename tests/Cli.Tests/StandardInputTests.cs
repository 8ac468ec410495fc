using System.Diagnostics;
using System.IO.Pipelines;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary>Standard input that does not end, and one that is not there.</summary>
public sealed class StandardInputTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task PipedInputWithoutAnEnd_IsSaidToBeReadFromStandardInput()
    {
        var pipe = new Pipe();
        _shell.InputPipe = pipe.Reader.AsStream();
        await pipe.Writer.WriteAsync(new byte[] { 1, 2, 3 }, TestContext.Current.CancellationToken);
        _shell.WhenSaid = () => pipe.Writer.Complete();
        _shell.Service.On("GET /v1/market", Samples.Market()).On("POST /v1/jobs?wait=1", Samples.Job(JobState.Completed));

        var ran = await _shell.Run("job", "run", Samples.Program.ToString());

        Assert.Equal(
            "market: reads the job's input from standard input until its end; without input: --text \"\" or </dev/null\n",
            ran.Error
        );
        Assert.Equal(TimeSpan.FromSeconds(2), _shell.Clock.Waits[0]);
    }

    /// <summary>The real process: what stands in the place of a standard input that was closed is only known there.</summary>
    [Fact]
    public async Task ClosedStandardInput_IsEmpty_AndNotWaitedFor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "How closed standard input is recognized is Linux's.");
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardError = true, WorkingDirectory = _shell.Folder };
        var market = Path.Combine(AppContext.BaseDirectory, "market.dll");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"exec dotnet '{market}' job run {Samples.Program} --max-price 1 --url http://127.0.0.1:1 <&-");
        start.Environment["MARKET_KEY"] = Shell.Key;

        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ExitCodes.Unreachable, process.ExitCode);
        Assert.Contains("127.0.0.1:1", error, StringComparison.Ordinal);
    }
}
