using System.Net;
using System.Text;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

public sealed class FailureTests : IDisposable
{
    private const string Account = "GET /v1/account";

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task ServiceThatDoesNotAnswer_EndsWithThree()
    {
        _shell.Service.Fails(Account);

        var ran = await _shell.Run("account", "show");

        Assert.Equal(ExitCodes.Unreachable, ran.ExitCode);
        Expectation.Matches("errors/unreachable.txt", ran.Error);
    }

    [Fact]
    public async Task SomethingElseOnThePort_EndsWithThree()
    {
        _shell.Service.On(Account, _ => new HttpResponseMessage { Content = new StringContent("<html>", Encoding.UTF8, "text/html") });

        var ran = await _shell.Run("account", "show");

        Assert.Equal(ExitCodes.Unreachable, ran.ExitCode);
        Expectation.Matches("errors/not-understood.txt", ran.Error);
    }

    [Fact]
    public async Task FolderWhereAFileIsExpected_IsCalledSo()
    {
        var ran = await _shell.Run("blob", "put", _shell.Folder);

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.Equal($"market: {_shell.Folder} is a folder.\nName a file in it.\n", ran.Error);
    }

    [Theory]
    [InlineData(ErrorCode.Unauthenticated, HttpStatusCode.Unauthorized, ExitCodes.Refused)]
    [InlineData(ErrorCode.Forbidden, HttpStatusCode.Forbidden, ExitCodes.Refused)]
    [InlineData(ErrorCode.InsufficientFunds, HttpStatusCode.PaymentRequired, ExitCodes.Refused)]
    [InlineData(ErrorCode.TooManyOpenJobs, HttpStatusCode.TooManyRequests, ExitCodes.Refused)]
    [InlineData(ErrorCode.Internal, HttpStatusCode.InternalServerError, ExitCodes.Refused)]
    [InlineData(ErrorCode.NotFound, HttpStatusCode.NotFound, ExitCodes.NotFound)]
    [InlineData(ErrorCode.JobNotFound, HttpStatusCode.NotFound, ExitCodes.NotFound)]
    [InlineData(ErrorCode.JobDropped, HttpStatusCode.Gone, ExitCodes.NotFound)]
    [InlineData(ErrorCode.BlobNotFound, HttpStatusCode.NotFound, ExitCodes.NotFound)]
    [InlineData(ErrorCode.BlobDamaged, HttpStatusCode.InternalServerError, ExitCodes.Damaged)]
    public async Task Refusal_DecidesTheExitCode(ErrorCode code, HttpStatusCode status, int expected)
    {
        _shell.Service.Refuses(Account, code, status, "The service says no.");

        var ran = await _shell.Run("account", "show");

        Assert.Equal((expected, ""), (ran.ExitCode, ran.Text));
        Assert.StartsWith("market: The service says no.", ran.Error);
    }

    [Theory]
    [InlineData(ErrorCode.PriceTooLow, "--max-price")]
    [InlineData(ErrorCode.AssuranceRefused, "--assurance none")]
    [InlineData(ErrorCode.ReuseRefused, "Leave out --reuse")]
    [InlineData(ErrorCode.QueueFull, "--request-id")]
    [InlineData(ErrorCode.TooManyOpenJobs, "market job cancel")]
    [InlineData(ErrorCode.ProgramInUse, "market job cancel")]
    public async Task RefusalOfAJobOrProgram_SaysWhatToDo(ErrorCode code, string advice)
    {
        _shell.Service.Refuses(Account, code, HttpStatusCode.TooManyRequests, "The service says no.");

        var ran = await _shell.Run("account", "show");

        Assert.Contains(advice, ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("account transfer", ErrorCode.InsufficientFunds, "'market account show' tells what is available and what is held.")]
    [InlineData("account transfer", ErrorCode.SpendLimitReached, "Use another key; 'market key list' shows each key's limit.")]
    [InlineData("ledger head", ErrorCode.Forbidden, null)]
    [InlineData("job submit", ErrorCode.InsufficientFunds, "Lower --max-price or --fuel,")]
    [InlineData("job submit", ErrorCode.SpendLimitReached, "Use another key, or lower --max-price;")]
    [InlineData("job submit", ErrorCode.Forbidden, "Use a key with this scope;")]
    public async Task Advice_NamesWhatTheCommandHas(string command, ErrorCode code, string? advice)
    {
        var account = new string('2', 64);
        var (call, rest) = command switch
        {
            "account transfer" => ($"POST {Routes.Transfers}", $"{account} 99"),
            "ledger head" => ($"GET {Routes.Ledger($"account.{account}")}", $"account.{account}"),
            _ => ("POST /v1/jobs", $"{Samples.Program} --max-price 500 --text x"),
        };
        _shell.Service.On("GET /v1/market", Samples.Market());
        _shell.Service.Refuses(call, code, HttpStatusCode.PaymentRequired, "The service says no.");

        var ran = await _shell.Run([.. command.Split(' '), .. rest.Split(' ')]);

        Assert.Equal(ExitCodes.Refused, ran.ExitCode);
        Assert.StartsWith("market: The service says no.\n" + advice, ran.Error);
        Assert.Equal(advice is null, ran.Error == "market: The service says no.\n");
    }

    [Fact]
    public async Task Refusal_IsAProblemWithJson()
    {
        _shell.Service.Refuses(Account, ErrorCode.Unauthenticated, HttpStatusCode.Unauthorized, "Who are you?");

        var ran = await _shell.Run("account", "show", "--json");

        Assert.Equal("", ran.Text);
        using var problem = JsonDocument.Parse(ran.Error);
        Assert.Equal("urn:marketplace:problem:unauthenticated", problem.RootElement.GetProperty("type").GetString());
        Assert.Equal(401, problem.RootElement.GetProperty("status").GetInt32());
        Assert.Equal("Who are you?", problem.RootElement.GetProperty("detail").GetString());
        Assert.Equal(ExitCodes.Refused, problem.RootElement.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task HostileTextOfTheService_IsHarmlessOnATerminal()
    {
        _shell.ErrorIsTerminal = true;
        _shell.Service.Refuses(Account, ErrorCode.NotFound, HttpStatusCode.NotFound, "gone \u001b]8;;http://evil\u0007click\u202e\r");

        var ran = await _shell.Run("account", "show");

        Assert.Equal("market: gone click\n", ran.Error);
    }

    [Fact]
    public async Task Key_IsNeverShown()
    {
        _shell.Service.Refuses(Account, ErrorCode.Unauthenticated, HttpStatusCode.Unauthorized);

        var ran = await _shell.Run("account", "show");

        Assert.DoesNotContain(Shell.Key, ran.Error);
        Assert.DoesNotContain("5ec2e7", (await _shell.Run("doctor")).Text);
    }

    [Fact]
    public async Task MissingDataFolder_EndsWithSeven()
    {
        _shell.Environment.Clear();

        var ran = await _shell.Run("account", "show");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Expectation.Matches("errors/no-data-folder.txt", ran.Error.Replace(_shell.Folder, "FOLDER"));
    }

    [Fact]
    public async Task DataFolderOfAClustersOtherSilo_SaysWhoHasTheKey()
    {
        _shell.Environment.Clear();
        _shell.Write("data/url", "http://127.0.0.1:8080"u8.ToArray());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                Path.Combine(_shell.Folder, "data"),
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
        }

        var ran = await _shell.Run("account", "show");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.Contains("first silo has the operator's key", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LooseKeyFile_EndsWithSeven()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }
        _shell.Environment.Clear();
        _shell.Write("data/url", "http://127.0.0.1:8080"u8.ToArray());
        var key = _shell.Write("data/key", "mk0_1"u8.ToArray());
        File.SetUnixFileMode(
            Path.Combine(_shell.Folder, "data"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var ran = await _shell.Run("account", "show");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Expectation.Matches("errors/loose-key.txt", ran.Error.Replace(_shell.Folder, "FOLDER"));
        Assert.Empty(_shell.Service.Received);
    }

    [Fact]
    public async Task DataFolderOfTheCommandsFolder_IsUsed()
    {
        _shell.Environment.Clear();
        _shell.Service.On(Account, Samples.Account());
        _shell.Write("data/url", "http://127.0.0.1:8080"u8.ToArray());
        var key = _shell.Write("data/key", "mk0_1"u8.ToArray());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                Path.Combine(_shell.Folder, "data"),
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var ran = await _shell.Run("account", "show");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Equal("Bearer mk0_1", _shell.Service.Received[0].Headers.Authorization?.ToString());
    }

    [Fact]
    public async Task Interrupt_EndsACommandAtOnce()
    {
        _shell.Service.On(
            Account,
            async (_, cancellation) =>
            {
                _shell.Running!.Interrupt();
                await Task.Delay(Timeout.Infinite, cancellation);
                return FakeService.Json(Samples.Account());
            }
        );

        Assert.Equal(ExitCodes.Interrupted, (await _shell.Run("account", "show")).ExitCode);
    }
}
