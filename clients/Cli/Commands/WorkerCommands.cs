using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market worker</c>.</summary>
internal static class WorkerCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "worker",
            "Look at workers, and speak for one's own.",
            List(set),
            Show(set),
            Score(set),
            Explain(set),
            Maintenance(set),
            Appeal(set),
            Decide(set),
            WorkerAdmissionCommands.Admissions(set),
            WorkerAdmissionCommands.Admit(set),
            WorkerAdmissionCommands.Refuse(set),
            WorkerStakeCommands.Stake(set),
            WorkerStakeCommands.Unstake(set),
            AccountChainCommands.Claim(set, "worker")
        );

    private static Command List(CommandSet set)
    {
        var limit = Values.Limit();
        var cursor = Values.Cursor();
        return set.Leaf(
            "list",
            """
            List the offers of the market's workers, the cheapest first.

            Example:
              market worker list
            """,
            async run =>
            {
                var page = await run.Client.Workers.ListPage(run.Get(cursor), run.Get(limit) ?? 50, run.Cancellation);
                await run.Answer(
                    page,
                    writer =>
                        Table.Write(
                            writer,
                            run.TableWidth,
                            ["ID", "PRICE", "SLOTS", "BUSY", "MEMORY", "SCORE", "LEVEL"],
                            page.Items.Select(worker =>
                                new[]
                                {
                                    run.ShowId(worker.Id),
                                    Table.Show(worker.PricePerMillionFuel),
                                    Table.Show(worker.Slots),
                                    Table.Show(worker.SlotsUsed),
                                    Memory(worker),
                                    Table.Show(worker.Score),
                                    LevelOf(worker.Level, worker.Maintenance),
                                }
                            )
                        )
                );
                run.NoteNext(page.Next);
                return ExitCodes.Ok;
            },
            limit,
            cursor
        );
    }

    private static Command Show(CommandSet set)
    {
        var id = Id();
        return set.Leaf(
            "show",
            """
            Show a worker's offer.

            Example:
              market worker show d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737
            """,
            async run =>
            {
                var worker = await run.Client.Workers.Get(run.Get(id), run.Cancellation);
                await run.Answer(
                    worker,
                    writer =>
                        Table.WriteFields(
                            writer,
                            ("worker", worker.Id),
                            ("paid to", worker.PayTo),
                            ("price per million fuel", worker.PricePerMillionFuel),
                            ("slots", worker.Slots),
                            ("busy", worker.SlotsUsed),
                            ("memory of a job", Memory(worker)),
                            ("labels", worker.Labels is { } labels ? string.Join(' ', labels) : null),
                            ("score", worker.Score),
                            ("level", LevelOf(worker.Level, worker.Maintenance)),
                            ("at stake", worker.Stake),
                            ("least reputation of buyers", worker.BuyerReputationMin)
                        )
                );
                return ExitCodes.Ok;
            },
            id
        );
    }

    private static Command Score(CommandSet set)
    {
        var id = Id();
        return set.Leaf(
            "score",
            """
            Show a worker's reputation: how its jobs ended, how far each worse level is, its newest faults, and its appeals.

            Example:
              market worker score d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737
            """,
            async run =>
            {
                await Answer(run, await run.Client.Workers.Reputation(run.Get(id), run.Cancellation));
                return ExitCodes.Ok;
            },
            id
        );
    }

    private static Command Explain(CommandSet set)
    {
        var id = Id();
        return set.Leaf(
            "explain",
            """
            Say why a worker gets no work, by some of the jobs that wait.
            For the worker's own account, the one that it earns for, and the operator.

            Example:
              market worker explain d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737
            """,
            async run =>
            {
                var explanation = await run.Client.Workers.Explain(run.Get(id), run.Cancellation);
                await run.Answer(
                    explanation,
                    writer =>
                    {
                        writer.WriteLine(TerminalText.CleanLine(explanation.Summary));
                        if (explanation.LookedAt == 0)
                        {
                            return;
                        }
                        writer.WriteLine();
                        writer.WriteLine(
                            $"{Table.Show(explanation.LookedAt)} of {Table.Show(explanation.WaitingJobs)} waiting jobs were looked at:"
                        );
                        foreach (var obstacle in explanation.Obstacles)
                        {
                            writer.WriteLine($"  {Table.Show(obstacle.Jobs)} {TerminalText.CleanLine(obstacle.Reason)}");
                        }
                    }
                );
                return ExitCodes.Ok;
            },
            id
        );
    }

    private static Command Maintenance(CommandSet set)
    {
        var id = Id();
        var state = Values.Argument<bool>("on|off", "Whether it begins or ends", "on or off", TryOnOff);
        return set.Leaf(
            "maintenance",
            """
            Begin or end a worker's maintenance: meanwhile it gets no leases, and those that it has go on. So a worker is drained before
            its machine is needed; SIGTERM to the worker itself lets what runs end and then ends the worker.
            For the worker's own account and the operator.

            Example:
              market worker maintenance d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 on
            """,
            async run =>
            {
                await Answer(run, await run.Client.Workers.SetMaintenance(run.Get(id), run.Get(state), run.Cancellation));
                return ExitCodes.Ok;
            },
            id,
            state
        );
    }

    private static Command Appeal(CommandSet set)
    {
        var id = Id();
        var jobs = new Option<JobId[]>("--job")
        {
            Description = "A job among the faults, its whole id; give the option once for each",
            HelpName = "JOB",
            CustomParser = result => [.. result.Tokens.Select(token => JobOf(result, token.Value))],
        };
        var words = Words("Why the faults were not the worker's");
        var requestId = Values.Text("--request-id", "ID", "The same id again is the same appeal [a new one]");
        return set.Leaf(
            "appeal",
            """
            Say that faults were counted wrongly; the operator decides. For the worker's own account and the operator.

            Example:
              market worker appeal d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 "the silo had no disk" \
                --job 3b1c0e5a9f77d2c46e80b1a94d5ce2f01a7b6c8d9e0f1a2b3c4d5e6f70819203
            """,
            async run =>
            {
                var request = new AppealRequest(run.Get(requestId) ?? $"{Guid.NewGuid()}", run.Get(jobs) ?? [], run.Get(words));
                await Answer(run, await run.Client.Workers.Appeal(run.Get(id), request, run.Cancellation));
                run.Note($"The appeal is {request.RequestId}.");
                return ExitCodes.Ok;
            },
            id,
            words,
            jobs,
            requestId
        );
    }

    private static Command Decide(CommandSet set)
    {
        var id = Id();
        var appeal = new Argument<string>("APPEAL") { Description = "The appeal's request id, as the score lists it" };
        var verdict = Values.Argument<bool>("grant|refuse", "Whether the faults count no more", "grant or refuse", TryGrant);
        var words = Words("Why");
        return set.Leaf(
            "decide",
            """
            Grant or refuse an appeal, once; what is granted counts no more. For the operator.

            Example:
              market worker decide d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 appeal-1 grant "so it was"
            """,
            async run =>
            {
                var request = new DecisionRequest(run.Get(appeal), run.Get(verdict), run.Get(words));
                await Answer(run, await run.Client.Workers.Decide(run.Get(id), request, run.Cancellation));
                return ExitCodes.Ok;
            },
            id,
            appeal,
            verdict,
            words
        );
    }

    internal static Argument<WorkerId> Id() =>
        Values.Argument<WorkerId>("WORKER", "The worker's whole id", "64 hexadecimal digits", WorkerId.TryParse);

    private static Argument<string> Words(string description) => new("WORDS") { Description = description };

    private static JobId JobOf(System.CommandLine.Parsing.ArgumentResult result, string text)
    {
        if (!JobId.TryParse(text, out var id))
        {
            result.AddError($"'{text}' is not a value for --job: expected 64 hexadecimal digits.");
        }
        return id;
    }

    private static bool TryOnOff(string text, out bool value)
    {
        value = text == "on";
        return text is "on" or "off";
    }

    private static bool TryGrant(string text, out bool value)
    {
        value = text == "grant";
        return text is "grant" or "refuse";
    }

    private static string Memory(MarketWorker worker) => $"{worker.MemoryPagesMax / 16} MiB";

    internal static string LevelOf(StandingLevel level, bool maintenance) => SnakeCase.Of(level) + (maintenance ? ", in maintenance" : "");

    internal static Task Answer(Invocation run, Reputation reputation) =>
        run.Answer(
            reputation,
            writer =>
            {
                Table.WriteFields(
                    writer,
                    [
                        ("score", reputation.Score),
                        ("level", LevelOf(reputation.Level, reputation.Maintenance)),
                        ("jobs kept", reputation.Kept),
                        ("jobs faulted", reputation.Faulted),
                        ("at stake", reputation.Stake),
                        .. reputation.Margins.Select(margin => (SnakeCase.Of(margin.Level), (object?)Distance(margin))),
                    ]
                );
                Write(writer, run, reputation.Faults);
                WorkerStakeCommands.Write(writer, run, reputation.Stakes ?? []);
                foreach (var appeal in reputation.Appeals)
                {
                    writer.WriteLine();
                    Write(writer, appeal);
                }
            }
        );

    private static string Distance(StandingMargin margin) =>
        margin.Faults == 0
            ? $"reached, below {margin.Below}"
            : $"below {margin.Below}: {margin.Faults} {(margin.Faults == 1 ? "fault" : "faults")} in a row away";

    private static void Write(TextWriter writer, Invocation run, IReadOnlyList<Fault> faults)
    {
        if (faults.Count == 0)
        {
            return;
        }
        writer.WriteLine();
        Table.Write(
            writer,
            run.TableWidth,
            ["FAULT", "WHEN", "PRICE", "REASON"],
            faults.Select(fault => new[] { run.ShowId(fault.Job), run.ShowAge(fault.At), Table.Show(fault.Price), fault.Reason })
        );
    }

    private static void Write(TextWriter writer, Appeal appeal) =>
        Table.WriteFields(
            writer,
            ("appeal", appeal.RequestId),
            ("made", appeal.At),
            ("faults", string.Join(' ', appeal.Faults.Select(fault => Ids.Short(fault.Job)))),
            ("words", appeal.Words),
            ("decided", appeal.DecidedAt),
            ("granted", appeal.Granted),
            ("answer", appeal.Answer)
        );
}
