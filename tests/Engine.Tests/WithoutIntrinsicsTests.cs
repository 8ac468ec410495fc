using System.Diagnostics;

namespace Marketplace.Engine.Tests;

/// <summary>
/// What must hold on machines without vector instructions and other young ones: the same tests in a process of its own whose runtime was
/// told to use none.
/// </summary>
public sealed class WithoutIntrinsicsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(nameof(VectorSpecTests))]
    [InlineData(nameof(VectorDigestTests))]
    [InlineData(nameof(VectorNaNTests))]
    [InlineData(nameof(CrasherTests))]
    public async Task Tests_HoldWithoutHardwareIntrinsics(string tests)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])[typeof(WithoutIntrinsicsTests).Assembly.Location, "-noColor", "-class", $"*.{tests}"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_EnableHWIntrinsic"] = "0";
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        output.WriteLine(text);
        Assert.Equal(0, process.ExitCode);
        Assert.DoesNotContain("Total: 0", text, StringComparison.Ordinal);
    }
}
