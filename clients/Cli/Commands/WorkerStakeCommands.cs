using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

namespace Marketplace.Cli.Commands;

/// <summary><c>market worker stake</c> and <c>market worker unstake</c>.</summary>
internal static class WorkerStakeCommands
{
    private const string OnChain =
        "With --chain-key it is done in the market's stake registry on the chain, for the worker whose folder is that of --data.";

    public static Command Stake(CommandSet set)
    {
        var (id, options) = (IdOrOwn(), new ContractOptions());
        var amount = ContractOptions.Amount("More than 0");
        var requestId = Values.Text("--request-id", "ID", "In the books: the same id again is the same stake [a new one]");
        return set.Leaf(
            "stake",
            $"""
            Put money at stake for a worker. In the market's books it is the account's own, and jobs may ask for workers with a
            stake; it is taken back whole, so who may want a part back makes several. On the chain it is what the worker's
            votes weigh in the committee that signs settlements; the first time, the worker's key is registered there, and the
            key's address comes to stand for the worker's account.
            {OnChain}

            Example:
              market worker stake d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 1000000
              market worker stake own 1000DEV --chain-key owner.json --data ./worker
            """,
            async run =>
            {
                if (IsOnChain(run, options))
                {
                    return await WorkerChainStakes.Stake(run, options, run.Get(id).Id, run.Get(amount));
                }
                var request = new StakeRequest(run.Get(requestId) ?? $"{Guid.NewGuid()}", await InBooks(run, run.Get(amount)));
                await WorkerCommands.Answer(run, await run.Client.Workers.Stake(Worker(run, run.Get(id).Id), request, run.Cancellation));
                run.Note($"The stake is {request.RequestId}.");
                return ExitCodes.Ok;
            },
            [id, amount, requestId, options.Chain.Rpc, options.Chain.KeyFile, options.Chain.PassphraseFile, options.Escrow]
        );
    }

    public static Command Unstake(CommandSet set)
    {
        var (id, options) = (IdOrOwn(), new ContractOptions());
        var stakes = new Argument<string[]>("STAKE")
        {
            Description = "In the books: a stake, as the worker's score lists it",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var all = Values.Switch("--all", "All that is at stake for this worker, of the account or of its registered key");
        var amount = Values.OptionOf<TypedMoney>(
            "--amount",
            "AMOUNT",
            "On the chain: so much [pays out what has unbonded]",
            TypedMoney.Expected,
            TypedMoney.TryParse
        );
        return set.Leaf(
            "unstake",
            $"""
            Take stakes back. They count no more; their money is available again when the time of unbonding is over, which the
            answer shows. On the chain, the same command without --all and --amount has it paid out then.
            {OnChain}

            Example:
              market worker unstake d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 --all
              market worker unstake own --all --chain-key owner.json --data ./worker
            """,
            async run =>
            {
                var named = run.Get(stakes) ?? [];
                if (IsOnChain(run, options))
                {
                    return named.Length == 0
                        ? await WorkerChainStakes.Unstake(run, options, run.Get(id).Id, run.Get(amount), run.Get(all))
                        : throw CommandException.Usage("Stakes of the books are named beside --chain-key.", "Leave one of them out.");
                }
                if (run.Has(amount))
                {
                    throw CommandException.Usage("--amount is of stakes on the chain.", "Name stakes of the books, or give --chain-key.");
                }
                if (named.Length == 0 != run.Get(all))
                {
                    throw CommandException.Usage(
                        named.Length == 0 ? "No stake is named." : "Stakes are named beside --all.",
                        "Name one or more as 'market worker score' lists them, or give --all."
                    );
                }
                var worker = Worker(run, run.Get(id).Id);
                var names = run.Get(all) ? await Held(run, worker) : named;
                if (names.Count == 0)
                {
                    await WorkerCommands.Answer(run, await run.Client.Workers.Reputation(worker, run.Cancellation));
                    run.Note("The account has nothing at stake for this worker that could be taken back.");
                    return ExitCodes.Ok;
                }
                await WorkerCommands.Answer(run, await run.Client.Workers.Unstake(worker, names, run.Cancellation));
                return ExitCodes.Ok;
            },
            [id, stakes, all, amount, options.Chain.Rpc, options.Chain.KeyFile, options.Chain.PassphraseFile, options.Escrow]
        );
    }

    /// <summary>Whether the command is about the chain; options of the chain mean nothing in the books.</summary>
    private static bool IsOnChain(Invocation run, ContractOptions options)
    {
        if (run.Has(options.Chain.KeyFile))
        {
            return true;
        }
        foreach (var option in (Option[])[options.Chain.Rpc, options.Chain.PassphraseFile, options.Escrow])
        {
            if (run.Has(option))
            {
                throw CommandException.Usage($"{option.Name} is of stakes on the chain.", "Give --chain-key as well, or leave it out.");
            }
        }
        return false;
    }

    /// <summary>The books count base units; where the market settles on a chain, its token may be named.</summary>
    private static async Task<TokenAmount> InBooks(Invocation run, TypedMoney typed)
    {
        if (typed.Symbol is null)
        {
            return TokenAmount.Parse(typed.Digits);
        }
        var token = (await run.Client.Settlement.Get(run.Cancellation)).Token;
        return token is null
            ? throw CommandException.Usage("The market has not heard from its chain yet, which names the token.", "Give base units.")
            : typed.Of(token.Symbol, token.Decimals);
    }

    private static Argument<NamedWorker> IdOrOwn() =>
        Values.Argument<NamedWorker>(
            "WORKER",
            "The worker's whole id, or 'own': the worker whose folder is that of --data",
            "64 hexadecimal digits, or own",
            NamedWorker.TryParse
        );

    private static WorkerId Worker(Invocation run, WorkerId? named) => named ?? WorkerChainStakes.OwnId(run);

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

    /// <param name="Id">Null: the worker of the data folder.</param>
    private sealed record NamedWorker(WorkerId? Id)
    {
        public static bool TryParse(string text, [MaybeNullWhen(false)] out NamedWorker named)
        {
            var isId = WorkerId.TryParse(text, out var worker);
            named = isId || text == "own" ? new NamedWorker(isId ? worker : null) : null;
            return named is not null;
        }
    }
}
