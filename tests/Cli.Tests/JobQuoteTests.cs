using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary><c>market job quote</c> asks, and submits nothing.</summary>
public sealed class JobQuoteTests : IDisposable
{
    private static readonly string Program = Samples.Program.ToString();

    private readonly Shell _shell = new();

    public JobQuoteTests() => _shell.Service.On("POST /v1/quotes", Samples.Quotes());

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Question_IsSentAsItWasAsked()
    {
        string[] terms = ["--fuel", "2G", "--memory", "16", "--need", "gpu", "--priority", "3"];
        string[] levels = ["--assurance", "audit:12.5%", "--assurance", "committee:5", "--liars", "0.25"];

        var ran = await _shell.Run(["job", "quote", Program, .. terms, .. levels]);

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        var asked = Asked();
        Assert.Equal(Program, asked.GetProperty("program").GetString());
        Assert.Equal((2_000_000_000, 16), (asked.GetProperty("fuelMax").GetInt64(), asked.GetProperty("memoryPagesMax").GetInt32()));
        Assert.Equal((3, 250), (asked.GetProperty("priority").GetInt32(), asked.GetProperty("liarsPermille").GetInt32()));
        Assert.Equal("gpu", asked.GetProperty("needs").GetProperty("labels")[0].GetString());
        Assert.Equal(["audit:12.5%", "committee:5"], asked.GetProperty("assurances").EnumerateArray().Select(level => level.GetString()));
        Assert.DoesNotContain(_shell.Service.Received, sent => sent.Path.StartsWith("/v1/jobs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ShortQuestion_LeavesTheRestToTheService()
    {
        await _shell.Run("job", "quote", Program);

        Assert.Equal(["program", "fuelMax"], Asked().EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task File_IsNamedByItsHash_AndNotSent()
    {
        var module = "\0asm and more"u8.ToArray();
        _shell.Write("echo.wasm", module);

        var ran = await _shell.Run("job", "quote", "echo.wasm");

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Assert.Equal(IdDerivation.Program(IdDerivation.Blob(module), default).ToString(), Asked().GetProperty("program").GetString());
        Assert.Equal("/v1/quotes", Assert.Single(_shell.Service.Received).Path);
    }

    [Theory]
    [InlineData("1 of 3 seats are not more than half", "--assurance", "quorum:1/3")]
    [InlineData("a number from 0 to 0.499", "--liars", "0.5")]
    [InlineData("a number from 0 to 0.499", "--liars", "0.3001")]
    [InlineData("a number from 0 to 0.499", "--liars", "-0.1")]
    [InlineData("is no label", "--need", "GPU")]
    public async Task WrongQuestion_IsRefusedBeforeItIsSent(string told, params string[] words)
    {
        var ran = await _shell.Run(["job", "quote", Program, .. words]);

        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Contains(told, ran.Error, StringComparison.Ordinal);
        Assert.Empty(_shell.Service.Received);
    }

    private JsonElement Asked()
    {
        using var document = JsonDocument.Parse(_shell.Service.Received.Single(sent => sent.Path == "/v1/quotes").Body);
        return document.RootElement.Clone();
    }
}
