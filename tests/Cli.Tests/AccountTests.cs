using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary><c>market account open</c>, <c>transfer</c> and <c>credit</c>: what they ask for, and what they leave where.</summary>
public sealed class AccountTests : IDisposable
{
    private const string ApiKey = "mk0123456789abcdef_5ec2e7";

    private readonly Shell _shell = new();
    private readonly MarketIdentity _market = new(new Ed25519KeyPair(Enumerable.Repeat((byte)1, Ed25519.SeedSize).ToArray()));

    public void Dispose()
    {
        _market.Dispose();
        _shell.Dispose();
    }

    [Fact]
    public async Task Open_SignsTheMarketsChallenge_AndLeavesTheKeyWhereTheOtherCommandsFindIt()
    {
        Serve();
        var ran = await _shell.Run("account", "open", "--data", "mine");

        Assert.True(ran.ExitCode == 0, ran.Error);
        var account = new AccountId(KeyFile.View(Mine("account.key")).PublicKey);
        Assert.Equal($"account {account}\n", ran.Text);
        Assert.Equal(ApiKey, File.ReadAllText(Mine("key")).Trim());
        Assert.DoesNotContain(ApiKey, ran.Error, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(OwnerFile.Mode, File.GetUnixFileMode(Mine("key")));
            Assert.Equal(OwnerFile.FolderMode, File.GetUnixFileMode(Path.Combine(_shell.Folder, "mine")));
        }

        _shell.Environment.Clear();
        _shell.Service.On("GET /v1/account", Samples.Account());
        Assert.Equal(0, (await _shell.Run("account", "show", "--data", "mine")).ExitCode);
        Assert.Equal($"Bearer {ApiKey}", $"{_shell.Service.Received[^1].Headers.Authorization}");
    }

    [Fact]
    public async Task FolderWithAKey_KeepsIt_UnlessTheOthersEnd()
    {
        Serve();
        await _shell.Run("account", "open", "--data", "mine");
        var asked = _shell.Service.Received.Count;
        var refused = await _shell.Run("account", "open", "--data", "mine");
        Assert.Equal(ExitCodes.LocalFile, refused.ExitCode);
        Assert.Contains("--revoke-others", refused.Error, StringComparison.Ordinal);
        Assert.Equal(asked, _shell.Service.Received.Count);

        var ran = await _shell.Run("account", "open", "--data", "mine", "--revoke-others");
        Assert.True(ran.ExitCode == 0, ran.Error);
        Assert.Contains("\"revokeOthers\":true", _shell.Service.Received[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EncryptedKeyFile_OpensWithItsPassphraseOnly()
    {
        Serve();
        _shell.Environment[KeyFile.PassphraseVariable] = "a passphrase";
        Assert.Equal(0, (await _shell.Run("account", "open", "--data", "mine", "--account-key", "my.key")).ExitCode);
        Assert.True(KeyFile.View(Path.Combine(_shell.Folder, "my.key")).IsEncrypted);

        _shell.Environment.Remove(KeyFile.PassphraseVariable);
        var ran = await _shell.Run("account", "open", "--data", "other", "--account-key", "my.key");
        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.Contains(KeyFile.PassphraseVariable, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyOverPlainHttpFromAnotherMachine_IsNotAskedFor()
    {
        var ran = await _shell.Run("account", "open", "--data", "mine", "--url", "http://market.example.org");

        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Empty(_shell.Service.Received);
        Assert.False(Directory.Exists(Path.Combine(_shell.Folder, "mine")));
    }

    [Fact]
    public async Task TransferAndCredit_SendWhatWasTyped()
    {
        var to = new AccountId(_market.PublicKey);
        _shell.Service.On("POST /v1/transfers", Samples.Account()).On($"POST /v1/accounts/{to}/credits", Samples.Account());

        Assert.Equal(0, (await _shell.Run("account", "transfer", $"{to}", "7", "--request-id", "rent")).ExitCode);
        var transfer = JsonSerializer.Deserialize(_shell.Service.Received[^1].Text, ApiJson.Default.TransferRequest)!;
        Assert.Equal(("rent", to, new TokenAmount(7)), (transfer.RequestId, transfer.To, transfer.Amount));
        Assert.NotNull(transfer.At);

        Assert.Equal(0, (await _shell.Run("account", "credit", $"{to}", "8", "--operation", "gift")).ExitCode);
        var credit = JsonSerializer.Deserialize(_shell.Service.Received[^1].Text, ApiJson.Default.CreditRequest)!;
        Assert.Equal(("gift", new TokenAmount(8)), (credit.Operation, credit.Amount));

        Assert.Equal(ExitCodes.Usage, (await _shell.Run("account", "transfer", "nobody", "7")).ExitCode);
        Assert.Equal(ExitCodes.Usage, (await _shell.Run("account", "credit", $"{to}", "-1")).ExitCode);
    }

    private string Mine(string file) => Path.Combine(_shell.Folder, "mine", file);

    /// <summary>A market that looks at the signature as the real one does.</summary>
    private void Serve() =>
        _shell
            .Service.On(
                "POST /v1/accounts/challenges",
                received =>
                {
                    var request = JsonSerializer.Deserialize(received.Text, ApiJson.Default.ChallengeRequest)!;
                    var challenge = _market.NewChallenge(request.Account, DateTimeOffset.UnixEpoch);
                    return FakeService.Json(new AccountChallenge(challenge, $"{_market.PublicKey}", DateTimeOffset.UnixEpoch));
                }
            )
            .On(
                "POST /v1/accounts",
                received =>
                {
                    var request = JsonSerializer.Deserialize(received.Text, ApiJson.Default.OpenRequest)!;
                    var opening = new AccountOpening(
                        Market: _market.PublicKey,
                        Account: request.Account,
                        Challenge: request.Challenge,
                        Name: request.Name,
                        Scopes: request.Scopes!.Sum(scope => (int)scope),
                        SpendLimit: request.SpendLimit,
                        RevokeOthers: request.RevokeOthers ?? false
                    );
                    Assert.True(Ed25519.Verify(request.Account.Value, opening.Message(), request.Signature.Span));
                    var details = new AccessKey(
                        Id: ApiKey[..18],
                        Name: request.Name,
                        Scopes: request.Scopes!,
                        SpendLimit: null,
                        Spent: TokenAmount.Zero,
                        CreatedAt: DateTimeOffset.UnixEpoch,
                        RevokedAt: null
                    );
                    return FakeService.Json(new OpenedAccount(request.Account, ApiKey, details), System.Net.HttpStatusCode.Created);
                }
            );
}
