using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market key</c>.</summary>
internal static class KeyCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group("key", "Manage the account's API keys; needs a key with the scope admin.", Create(set), List(set), Revoke(set));

    private static Command Create(CommandSet set)
    {
        var name = new Argument<string>("NAME") { Description = "What the key is for, for people" };
        var scopes = Values.Text("--scope", "SCOPES", $"What the key allows, joined by commas: {SnakeCase.AllOf<Scope>()} [read,submit]");
        var spendLimit = Values.Option<TokenAmount>(
            "--spend-limit",
            "N",
            "What jobs of this key may cost in all, in base units [no limit]",
            "a whole number of base units",
            Values.TryAmount
        );
        return set.Leaf(
            "create",
            """
            Make a key and print it. The secret is shown only here.

            Example:
              (umask 077; market key create ci --scope read,submit --spend-limit 1000000 > ci.key)
            """,
            async run =>
            {
                var request = new KeyRequest(run.Get(name), Scopes(run.Get(scopes) ?? "read,submit"), run.Get(spendLimit));
                var created = await run.Client.Keys.Create(request, run.Cancellation);
                await run.Answer(created, writer => writer.WriteLine(created.Key));
                run.Note($"Made the key {created.Details.Id}. 'market key revoke {created.Details.Id}' ends it.");
                return ExitCodes.Ok;
            },
            name,
            scopes,
            spendLimit
        );
    }

    private static Command List(CommandSet set) =>
        set.Leaf(
            "list",
            """
            List the account's keys, without their secrets.

            Example:
              market key list
            """,
            async run =>
            {
                var keys = await run.Client.Keys.List(run.Cancellation);
                await run.Answer(
                    new Page<AccessKey>(keys, null),
                    writer =>
                        Table.Write(
                            writer,
                            run.TableWidth,
                            ["ID", "NAME", "SCOPES", "SPENT", "LIMIT", "CREATED", "REVOKED"],
                            keys.Select(key =>
                                new[]
                                {
                                    key.Id,
                                    key.Name,
                                    string.Join(',', key.Scopes.Select(scope => SnakeCase.Of(scope))),
                                    Table.Show(key.Spent),
                                    Table.Show(key.SpendLimit),
                                    run.ShowAge(key.CreatedAt),
                                    run.ShowAge(key.RevokedAt),
                                }
                            )
                        )
                );
                return ExitCodes.Ok;
            }
        );

    private static Command Revoke(CommandSet set)
    {
        var id = new Argument<string>("ID") { Description = "The key's id: what stands before the underscore" };
        return set.Leaf(
            "revoke",
            """
            End a key: it is refused everywhere after at most five seconds.

            Example:
              market key revoke mk0123456789abcdef
            """,
            async run =>
            {
                var key = run.Get(id);
                await run.Client.Keys.Revoke(key, run.Cancellation);
                await run.AnswerDone("revoked", key);
                return ExitCodes.Ok;
            },
            id
        );
    }

    private static Scope[] Scopes(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries).Select(Scope)];

    private static Scope Scope(string word) =>
        SnakeCase.TryParse<Scope>(word, out var scope)
            ? scope
            : throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "usage",
                    $"'{word}' is not a scope: expected {SnakeCase.AllOf<Scope>()}, joined by commas.",
                    "See 'market key create --help'."
                )
            );
}
