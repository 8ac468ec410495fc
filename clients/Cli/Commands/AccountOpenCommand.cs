using System.CommandLine;
using System.Text;
using Marketplace.Crypto;
using Marketplace.Storage;

namespace Marketplace.Cli.Commands;

/// <summary>
/// <c>market account open</c>: an account of one's own, in a data folder that all other commands then take, as they take a silo's.
/// </summary>
internal static class AccountOpenCommand
{
    private const string AccountKey = "account.key";

    public static Command Make(CommandSet set)
    {
        var keyFile = Values.Text(
            "--account-key",
            "FILE",
            "The account's key file; made where there is none [account.key in the data folder]"
        );
        var name = Values.Text("--name", "NAME", "The API key's name, for people [owner]");
        var spendLimit = Values.Option<TokenAmount>(
            "--spend-limit",
            "N",
            "What the API key may spend in all, in base units [no limit]",
            "a whole number of base units",
            Values.TryAmount
        );
        var revoke = Values.Switch("--revoke-others", "End all other API keys of the account, for an owner who lost one");
        return set.Leaf(
            "open",
            """
            Open the account of a key file, or get a new API key of it, and leave address and API key in the data folder.
            The key file is encrypted where MARKET_KEY_PASSPHRASE is set. Who has it owns the account: keep a copy.

            Example:
              market account open --url https://market.example.org:8443 --data ./mine
            """,
            async run =>
            {
                var url = new Connection(run).FindUrl();
                RequireSafe(run, url);
                var files = Folder(run, run.Get(revoke));
                using var client = new Connection(run).MakeClient(url, key: null);
                using var key = Key(run, run.Get(keyFile) is { } typed ? run.Path(typed) : Path.Combine(run.DataPath, AccountKey));
                var options = new OpenOptions
                {
                    Name = run.Get(name) ?? "owner",
                    SpendLimit = run.Get(spendLimit),
                    RevokeOthers = run.Get(revoke),
                };
                var opened = await client.Accounts.Open(key, options, run.Cancellation);
                files.Write(DataFolder.KeyFile, Line(opened.Key));
                files.Write(DataFolder.UrlFile, Line(url.ToString()));
                await run.AnswerDone("account", $"{opened.Account}");
                run.Note($"Its API key is in {run.DataPath}; other commands find it with '--data {run.DataPath}'.");
                return ExitCodes.Ok;
            },
            keyFile,
            name,
            spendLimit,
            revoke
        );
    }

    /// <summary>The answer has the API key in it.</summary>
    private static void RequireSafe(Invocation run, Uri url)
    {
        if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback && !run.AllowPlaintext)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "usage",
                    $"The new API key would come over plain HTTP from another machine ({url}).",
                    "Use https, or --allow-plaintext if the network is yours."
                )
            );
        }
    }

    /// <summary>Made for its owner only. One that has an API key keeps it, unless that one ends.</summary>
    private static OwnerFiles Folder(Invocation run, bool mayReplace)
    {
        var path = run.DataPath;
        if (File.Exists(Path.Combine(path, DataFolder.KeyFile)) && !mayReplace)
        {
            throw Unusable($"{path} has an API key already.", "Name another folder with --data, or end that key with --revoke-others.");
        }
        var files = OwnerFiles.In(path);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerFile.FolderMode) != 0)
        {
            throw Unusable($"{path} may be entered by others than its owner, and a key is to go there.", $"Run 'chmod 700 {path}'.");
        }
        return files;
    }

    private static Ed25519KeyPair Key(Invocation run, string path)
    {
        var passphrase = run.Surroundings.Environment(KeyFile.PassphraseVariable);
        return File.Exists(path) ? KeyFile.Open(path, passphrase) : KeyFile.Create(path, passphrase);
    }

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    private static CommandException Unusable(string what, string advice) =>
        new(new Failure(ExitCodes.LocalFile, "data_cannot_be_used", what, advice));
}
