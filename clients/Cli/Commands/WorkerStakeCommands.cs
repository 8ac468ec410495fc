using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market worker stake</c> and <c>market worker unstake</c>.</summary>
internal static class WorkerStakeCommands
{
    public static Command Stake(CommandSet set)
    {
        var id = WorkerCommands.Id();
        var amount = Values.Argument<TokenAmount>("AMOUNT", "Base units, more than 0", "a whole number of base units", Values.TryAmount);
        var requestId = Values.Text("--request-id", "ID", "The same id again is the same stake [a new one]");
        return set.Leaf(
            "stake",
            """
            Put money of the account at stake for a worker: jobs may ask for workers with a stake. It stays on hold until it is
            taken back. A stake is taken back whole: who may want a part back makes several.

            Example:
              market worker stake d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 1000000
            """,
            async run =>
            {
                var request = new StakeRequest(run.Get(requestId) ?? $"{Guid.NewGuid()}", run.Get(amount));
                await WorkerCommands.Answer(run, await run.Client.Workers.Stake(run.Get(id), request, run.Cancellation));
                run.Note($"The stake is {request.RequestId}.");
                return ExitCodes.Ok;
            },
            id,
            amount,
            requestId
        );
    }

    public static Command Unstake(CommandSet set)
    {
        var id = WorkerCommands.Id();
        var stakes = new Argument<string[]>("STAKE")
        {
            Description = "A stake, as the worker's score lists it",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var all = Values.Switch("--all", "All stakes of the account for this worker");
        return set.Leaf(
            "unstake",
            """
            Take stakes of the account back. They count no more; their money is available again when the market's time of unbonding is
            over, which the answer shows.

            Example:
              market worker unstake d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 --all
            """,
            async run =>
            {
                var named = run.Get(stakes) ?? [];
                if (named.Length == 0 != run.Get(all))
                {
                    throw CommandException.Usage(
                        named.Length == 0 ? "No stake is named." : "Stakes are named beside --all.",
                        "Name one or more as 'market worker score' lists them, or give --all."
                    );
                }
                var names = run.Get(all) ? await Held(run, run.Get(id)) : named;
                if (names.Count == 0)
                {
                    await WorkerCommands.Answer(run, await run.Client.Workers.Reputation(run.Get(id), run.Cancellation));
                    run.Note("The account has nothing at stake for this worker that could be taken back.");
                    return ExitCodes.Ok;
                }
                await WorkerCommands.Answer(run, await run.Client.Workers.Unstake(run.Get(id), names, run.Cancellation));
                return ExitCodes.Ok;
            },
            id,
            stakes,
            all
        );
    }

    public static void Write(TextWriter writer, Invocation run, IReadOnlyList<Stake> stakes)
    {
        if (stakes.Count == 0)
        {
            return;
        }
        writer.WriteLine();
        Table.Write(
            writer,
            run.TableWidth,
            ["STAKE", "ACCOUNT", "AMOUNT", "TAKEN", "STATE", "ENDS"],
            stakes.Select(stake =>
                new[]
                {
                    stake.RequestId,
                    run.ShowId(stake.Account),
                    Table.Show(stake.Amount),
                    stake.Taken is { } taken ? Table.Show(taken) : "",
                    SnakeCase.Of(stake.State),
                    stake.EndsAt is { } endsAt ? Table.Show(endsAt) : "",
                }
            )
        );
    }

    private static async Task<IReadOnlyList<string>> Held(Invocation run, WorkerId worker)
    {
        var account = (await run.Client.Account.Get(run.Cancellation)).Id;
        var reputation = await run.Client.Workers.Reputation(worker, run.Cancellation);
        return
        [
            .. (reputation.Stakes ?? [])
                .Where(stake => stake.Account == account && stake.State is StakeState.Held or StakeState.Asked)
                .Select(stake => stake.RequestId),
        ];
    }
}
