using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market account refuse</c>.</summary>
internal static class AccountRefuseCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group("refuse", "Say which workers and owners get no jobs of the account.", List(set), Add(set), Remove(set));

    private static Command List(CommandSet set) =>
        set.Leaf(
            "list",
            """
            List the workers and owners that get no jobs of the account.

            Example:
              market account refuse list
            """,
            async run =>
            {
                await Answer(run, await run.Client.Account.GetRefusals(run.Cancellation));
                return ExitCodes.Ok;
            }
        );

    private static Command Add(CommandSet set)
    {
        var (id, owner) = (Id(), Owner());
        return set.Leaf(
            "add",
            """
            Refuse a worker, or with --owner all workers that earn for an account, for jobs that are submitted from now on. At most 20
            together; a job may name more itself (--refuse-worker, --refuse-owner).

            Example:
              market account refuse add d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737
            """,
            async run =>
            {
                var known = await run.Client.Account.GetRefusals(run.Cancellation);
                var changed = run.Get(owner)
                    ? known with
                    {
                        Owners = [.. known.Owners.Append(new AccountId(run.Get(id).Value)).Distinct()],
                    }
                    : known with
                    {
                        Workers = [.. known.Workers.Append(run.Get(id)).Distinct()],
                    };
                await Answer(run, await run.Client.Account.SetRefusals(changed, run.Cancellation));
                return ExitCodes.Ok;
            },
            id,
            owner
        );
    }

    private static Command Remove(CommandSet set)
    {
        var (id, owner) = (Id(), Owner());
        return set.Leaf(
            "remove",
            """
            Take a worker, or with --owner an account, off the list. Jobs that were submitted before keep the list that they have.

            Example:
              market account refuse remove d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737
            """,
            async run =>
            {
                var (known, value) = (await run.Client.Account.GetRefusals(run.Cancellation), run.Get(id));
                var changed = run.Get(owner)
                    ? known with
                    {
                        Owners = [.. known.Owners.Where(one => one.Value != value.Value)],
                    }
                    : known with
                    {
                        Workers = [.. known.Workers.Where(one => one != value)],
                    };
                if (changed.Owners.Count + changed.Workers.Count == known.Owners.Count + known.Workers.Count)
                {
                    throw CommandException.Usage(
                        $"{value} is not on the list of {(run.Get(owner) ? "owners" : "workers")}.",
                        "'market account refuse list' shows it; --owner is for accounts."
                    );
                }
                await Answer(run, await run.Client.Account.SetRefusals(changed, run.Cancellation));
                return ExitCodes.Ok;
            },
            id,
            owner
        );
    }

    private static Argument<WorkerId> Id() =>
        Values.Argument<WorkerId>(
            "ID",
            "The worker, or with --owner the account, its whole id",
            "64 hexadecimal digits",
            WorkerId.TryParse
        );

    private static Option<bool> Owner() => Values.Switch("--owner", "The id is that of an account for which workers earn");

    private static Task Answer(Invocation run, RefusalList refusals) =>
        run.Answer(
            refusals,
            writer =>
                Table.Write(
                    writer,
                    run.TableWidth,
                    ["REFUSED", "KIND"],
                    [
                        .. refusals.Workers.Select(worker => new[] { $"{worker}", "worker" }),
                        .. refusals.Owners.Select(owner => new[] { $"{owner}", "owner" }),
                    ]
                )
        );
}
