using System.Text.Json;

namespace Marketplace.Cli.Tests;

/// <summary><c>market program inspect</c> needs no service.</summary>
public sealed class InspectTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Program_IsDescribedAsText()
    {
        await Write("kv.wasm", await File.ReadAllBytesAsync(Program, TestContext.Current.CancellationToken));
        var ran = await _shell.Run("program", "inspect", "kv.wasm");
        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Contains("abi            ONVM\n", ran.Text);
        Assert.Contains("  env.onvm_state_put  [i32 i32 i32 i32] -> [i32]\n", ran.Text);
        Assert.EndsWith("\nIt can be deployed.\n", ran.Text);
    }

    [Fact]
    public async Task Program_IsDescribedAsJson()
    {
        await Write("kv.wasm", await File.ReadAllBytesAsync(Program, TestContext.Current.CancellationToken));
        var ran = await _shell.Run("program", "inspect", "kv.wasm", "--json");
        using var document = JsonDocument.Parse(ran.Output);
        Assert.Equal("onvm", document.RootElement.GetProperty("abi").GetString());
        Assert.Equal("function", document.RootElement.GetProperty("imports")[0].GetProperty("kind").GetString());
        Assert.Equal(0, document.RootElement.GetProperty("refusals").GetArrayLength());
    }

    [Fact]
    public async Task ModuleThatWouldBeRefused_IsToldWhy()
    {
        await Write("bad.wasm", "\0asm\u0001\0\0\0"u8.ToArray());
        var ran = await _shell.Run("program", "inspect", "bad.wasm");
        Assert.Equal(ExitCodes.Refused, ran.ExitCode);
        Assert.Contains("It would be refused:\n  missing memory", ran.Text);
    }

    [Fact]
    public async Task FileThatIsNoModule_IsNamedBeforeItsFault()
    {
        await Write("component.wasm", "\0asm\u000d\0\u0001\0"u8.ToArray());
        var ran = await _shell.Run("program", "inspect", "component.wasm");
        Assert.StartsWith("is             a component, not a core module\n", ran.Text);
        Assert.Contains(
            "It would be refused:\n  this is a component, not a core module; build a core module: in Rust for the target wasm32-wasip1",
            ran.Text
        );
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "programs", "kvstore.wasm");

    private Task Write(string name, byte[] bytes) => File.WriteAllBytesAsync(Path.Combine(_shell.Folder, name), bytes);
}
