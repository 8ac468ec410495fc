using System.Text.Json;

namespace Marketplace.Cli.Tests;

public sealed class UsageTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("no-command", "")]
    [InlineData("no-subcommand", "job")]
    [InlineData("unknown-command", "jog run")]
    [InlineData("near-command", "job lsit")]
    [InlineData("near-option", "job list --stat failed")]
    [InlineData("help-of-nothing", "help job rum")]
    [InlineData("unknown-option", "job list --colour red")]
    [InlineData("stray-in-place-of-a-file", "ledger export market --output")]
    [InlineData("stray-before-a-file", "ledger export market --output m.ledger")]
    [InlineData("stray-before-an-id", "receipt get --bogus 1111111111111111111111111111111111111111111111111111111111111111")]
    [InlineData("stray-near-option", "program deploy --nmae x")]
    [InlineData("stray-with-a-value", "program deploy a.wasm --nmae=x")]
    [InlineData("stray-in-place-of-a-program", "job run --fule 5 a.wasm")]
    [InlineData("stray-of-a-group", "job --bogus")]
    [InlineData("missing-program", "job run")]
    [InlineData("too-many", "job status 1111111111111111111111111111111111111111111111111111111111111111 2")]
    [InlineData("bad-job-id", "job status 5f1d")]
    [InlineData("bad-blob-id", "blob info blob12")]
    [InlineData("bad-program-id", "program info echo")]
    [InlineData("bad-epoch", "epoch verify -1")]
    [InlineData("bad-shell", "completion tcsh")]
    [InlineData("bad-fuel", "job run a.wasm --fuel lots")]
    [InlineData("bad-price", "job run a.wasm --max-price -1")]
    [InlineData("bad-timeout", "job run a.wasm --timeout 10")]
    [InlineData("bad-state", "job list --state done")]
    [InlineData("bad-limit", "job list --limit 1001")]
    [InlineData("bad-scope", "key create ci --scope root")]
    [InlineData("input-and-text", "job run prog1111111111111111111111111111111111111111111111111111111111111111 --input a --text b")]
    [InlineData("bad-url", "account show --url nowhere")]
    [InlineData("plaintext", "account show --url http://example.org --key mk_x")]
    [InlineData("missing-value", "blob get 1111111111111111111111111111111111111111111111111111111111111111 --output")]
    public async Task WrongUsage_EndsWithTwo_AndSaysWhatIsRight(string name, string words)
    {
        var ran = await _shell.Run(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((ExitCodes.Usage, ""), (ran.ExitCode, ran.Text));
        Expectation.Matches($"errors/usage-{name}.txt", ran.Error);
        Assert.Empty(_shell.Service.Received);
    }

    [Fact]
    public async Task WordsWithADash_AreArguments_BehindTwoDashes_AndAloneOrAsNumbers()
    {
        Assert.Contains($"no file {_shell.Folder}/--bogus", (await _shell.Run("blob", "put", "--", "--bogus")).Error);
        Assert.Contains("'-5' is not a value for AMOUNT", (await _shell.Run("account", "transfer", new string('2', 64), "-5")).Error);
        Assert.Contains("- is no epoch", (await _shell.Run("epoch", "verify", "-")).Error);
    }

    [Fact]
    public async Task HelpBesideAStrayOption_IsShown()
    {
        var ran = await _shell.Run("export", "--bogus", "--help");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.StartsWith("Description:", ran.Text);
    }

    [Fact]
    public async Task WrongUsage_IsAProblemWithJson()
    {
        var ran = await _shell.Run("job", "status", "x", "--json");

        using var problem = JsonDocument.Parse(ran.Error);
        Assert.Equal(
            (2, "usage"),
            (problem.RootElement.GetProperty("exitCode").GetInt32(), problem.RootElement.GetProperty("code").GetString())
        );
    }

    [Fact]
    public async Task KeyOfTheDataFolder_IsNotSentToAnotherMachine()
    {
        using var shell = new Shell { Environment = { ["MARKET_URL"] = "https://example.org" } };
        shell.Environment.Remove("MARKET_KEY");
        shell.Write("data/key", "mk0_1"u8.ToArray());

        var ran = await shell.Run("account", "show");

        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Contains("There is no key for https://example.org", ran.Error);
    }

    [Fact]
    public async Task Version_IsPrinted()
    {
        var ran = await _shell.Run("--version");

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+\n$", ran.Text);
    }

    [Theory]
    [InlineData("1ms", 1)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2h", 7_200_000)]
    public void Duration_IsANumberAndAUnit(string text, int milliseconds)
    {
        Assert.True(Values.TryDuration(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("10")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("1.2.3s")]
    [InlineData("1d")]
    [InlineData("99999999999999999999999999h")]
    public void Duration_OfAnotherForm_IsRefused(string text) => Assert.False(Values.TryDuration(text, out _));

    [Theory]
    [InlineData("1", 1)]
    [InlineData("100_000", 100_000)]
    [InlineData("5k", 5_000)]
    [InlineData("500M", 500_000_000)]
    [InlineData("9G", 9_000_000_000)]
    public void Count_MayHaveAFactor(string text, long expected)
    {
        Assert.True(Values.TryCount(text, out var count));
        Assert.Equal(expected, count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5M")]
    [InlineData("M")]
    [InlineData("9223372036854775808")]
    [InlineData("9223372036854775807k")]
    public void Count_OfAnotherForm_IsRefused(string text) => Assert.False(Values.TryCount(text, out _));
}
