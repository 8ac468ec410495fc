using System.Diagnostics;
using Marketplace.Engine.Tests.Frames;

namespace Marketplace.Engine.Tests;

/// <summary>
/// What must hold on machines without vector instructions and other young ones, or without the youngest of them: the same tests in a
/// process of its own whose runtime was told to use none.
/// </summary>
public sealed class WithoutIntrinsicsTests(ITestOutputHelper output)
{
    private const string All = "DOTNET_EnableHWIntrinsic";

    [Theory]
    [InlineData(All, nameof(VectorSpecTests))]
    [InlineData(All, nameof(VectorDigestTests))]
    [InlineData(All, nameof(VectorNaNTests))]
    [InlineData(All, nameof(CrasherTests))]
    [InlineData(All, nameof(HostileFrameTests), nameof(FrameTests))]
    [InlineData("DOTNET_EnableAVX2", nameof(HostileFrameTests), nameof(FrameTests))]
    [InlineData("DOTNET_EnableAVX512", nameof(HostileFrameTests), nameof(FrameTests))]
    public async Task Tests_HoldWithoutTheInstructions(string instructions, params string[] tests)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        string[] classes = [.. tests.SelectMany(test => (string[])["-class", $"*.{test}"])];
        foreach (var argument in (string[])[typeof(WithoutIntrinsicsTests).Assembly.Location, "-noColor", .. classes])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[instructions] = "0";
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        output.WriteLine(text);
        Assert.Equal(0, process.ExitCode);
        Assert.DoesNotContain("Total: 0", text, StringComparison.Ordinal);
    }
}
