using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market account</c>.</summary>
internal static class AccountCommands
{
    public static Command Make(CommandSet set) => CommandSet.Group("account", "Look at the account's money.", Show(set));

    private static Command Show(CommandSet set) =>
        set.Leaf(
            "show",
            """
            Show the account of the key: what is available, held for open jobs, under way, earned, spent and owed, in base units.

            Example:
              market account show
            """,
            async run =>
            {
                var account = await run.Client.Account.Get(run.Cancellation);
                await run.Answer(
                    account,
                    writer =>
                        Table.WriteFields(
                            writer,
                            ("account", account.Id),
                            ("available", account.Available),
                            ("held", account.Held),
                            ("under way", account.UnderWay),
                            ("earned", account.Earned),
                            ("spent", account.Spent),
                            ("open jobs", account.OpenJobs),
                            ("debt", account.Debt)
                        )
                );
                return ExitCodes.Ok;
            }
        );
}
