using System.CommandLine;
using System.Globalization;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary>The commands for disputes.</summary>
internal static class DisputeCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "dispute",
            """
            Jobs that workers ran with different results: what each has signed, what a jury found, and who lost what.

            Example:
              market dispute list --worker 5f1d…c2
            """,
            List(set),
            Show(set),
            Export(set),
            Verify(set)
        );

    private static Command List(CommandSet set)
    {
        var worker = Values.Text("--worker", "ID", "Only disputes in which this worker has voted");
        var limit = Values.Limit();
        var cursor = Values.Cursor();
        return set.Leaf(
            "list",
            """
            List the market's disputes, newest first. A page of one worker's may be short, and not be the last.

            Example:
              market dispute list --limit 10
            """,
            async run =>
            {
                WorkerId? voter = run.Get(worker) is { } typed ? ParseWorker(typed) : null;
                var page = await run.Client.Disputes.ListPage(voter, run.Get(cursor), run.Get(limit) ?? 50, run.Cancellation);
                await run.Answer(
                    page,
                    writer =>
                        Table.Write(
                            writer,
                            run.TableWidth,
                            ["JOB", "STATE", "OPENED", "RESULTS", "SEATS", "JURORS", "LOST", "SLASHED"],
                            page.Items.Select(dispute =>
                                new[]
                                {
                                    // Whole: it is another account's job, which no beginning finds.
                                    dispute.Job.ToString(),
                                    SnakeCase.Of(dispute.State),
                                    Table.Show(dispute.OpenedAt),
                                    Table.Show(dispute.Results),
                                    Table.Show(dispute.Seats.Count),
                                    Table.Show(dispute.Jurors.Count),
                                    Table.Show(dispute.Losers.Count),
                                    Table.Show(dispute.Slashed),
                                }
                            )
                        )
                );
                run.NoteNext(page.Next);
                return ExitCodes.Ok;
            },
            worker,
            limit,
            cursor
        );
    }

    private static Command Show(CommandSet set)
    {
        var job = Ids.Job();
        return set.Leaf(
            "show",
            """
            Fetch the dispute of a job, also of another account's, check it, and say in words what it says. Exits with 6 if it does
            not hold.

            Example:
              market dispute show 5f1d…c2
            """,
            async run =>
            {
                var file = await run.Client.Disputes.Get(await run.FindJob(run.Get(job)), run.Cancellation);
                var isGood = DisputeChecks.Of(file).All(check => check.Result != CheckResult.Broken);
                if (run.Json)
                {
                    await run.Text(System.Text.Encoding.UTF8.GetString(file.ToJson()) + "\n");
                }
                else
                {
                    var text = new StringWriter { NewLine = "\n" };
                    Write(text, file);
                    text.WriteLine(isGood ? "The dispute holds, as far as it was checked." : "The dispute does not hold.");
                    await run.Text(text.ToString());
                }
                return isGood ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            job
        );
    }

    private static Command Export(CommandSet set)
    {
        var job = Ids.Job();
        var file = new Argument<string>("FILE") { Description = "Where to write it; it must not be there" };
        return set.Leaf(
            "export",
            """
            Write the dispute of a job to a file that anybody checks without a service: receipts/DISPUTE.md.

            Example:
              market dispute export 5f1d…c2 lie.dispute.json
            """,
            async run =>
            {
                var dispute = await run.Client.Disputes.Get(await run.FindJob(run.Get(job)), run.Cancellation);
                await FetchedFile.Write(run, run.Get(file), (byte[])[.. dispute.ToJson(), (byte)'\n']);
                await run.AnswerDone("dispute", run.Path(run.Get(file)));
                return ExitCodes.Ok;
            },
            job,
            file
        );
    }

    private static Command Verify(CommandSet set)
    {
        var file = new Argument<string>("FILE") { Description = "The dispute, or - for standard input" };
        var (market, chain) = (ReceiptCommands.Market(), ReceiptCommands.Chain());
        return set.Leaf(
            "verify",
            """
            Check a dispute without asking any service: each signature, that the verdict follows from the votes, and that those were slashed
            that lost. Exits with 6 if it does not hold.

            Example:
              market dispute verify lie.dispute.json
            """,
            async run =>
            {
                var trusted = ReceiptCommands.Trusted(run, market, chain);
                var checks = DisputeChecks.Of(await Read(run, run.Get(file)), trusted);
                var isGood = checks.All(check => check.Result != CheckResult.Broken);
                await ReceiptCommands.Answer(run, "dispute", checks, isGood);
                return isGood ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            file,
            market,
            chain
        );
    }

    private static void Write(TextWriter writer, DisputeFile file)
    {
        var dispute = file.Dispute;
        var results = dispute
            .Results.Select((result, index) => (Execution.Hash(dispute.Invocation.Hash(), result), index, result))
            .ToArray();
        Table.WriteFields(
            writer,
            ("dispute", dispute.Hash()),
            ("market", file.Domain.Market),
            ("job", dispute.Invocation.Job),
            ("program", dispute.Invocation.Program),
            ("input", dispute.Invocation.Input),
            ("payer", dispute.Payer),
            ("price limit", Table.Show(dispute.PriceLimit)),
            ("assurance", dispute.Assurance),
            ("state", dispute.Reason.Length > 0 ? $"{dispute.State}: {dispute.Reason}" : dispute.State),
            ("opened", ReceiptCommands.Time(dispute.OpenedAt)),
            ("decided", dispute.DecidedAt > 0 ? ReceiptCommands.Time(dispute.DecidedAt) : null),
            ("accepted", dispute.Accepted.IsZero ? null : NumberOf(dispute.Accepted)),
            ("verdict", dispute.Verdict.IsZero ? null : NumberOf(dispute.Verdict))
        );
        if (results.Length > 0)
        {
            writer.WriteLine();
            Table.Write(
                writer,
                ["RESULT", "OUTCOME", "FUEL", "OUTPUT"],
                results.Select(one =>
                    (IReadOnlyList<string>)
                        [
                            NumberOf(one.Item1),
                            one.result.Outcome.Replace('_', ' '),
                            Number(one.result.Fuel),
                            one.result.Output == default ? "" : one.result.Output.ToString(),
                        ]
                )
            );
        }
        writer.WriteLine();
        Table.Write(
            writer,
            ["WORKER", "ROLE", "PRICE", "RESULT", "LOST"],
            dispute.Votes.Select(vote =>
                (IReadOnlyList<string>)
                    [
                        vote.Worker.ToString(),
                        vote.Role,
                        Table.Show(vote.UnitPrice),
                        vote.Execution.IsZero ? "sealed" : NumberOf(vote.Execution),
                        dispute.Slashings.FirstOrDefault(lost => lost.Worker == vote.Worker) is { } slashing
                            ? Table.Show(slashing.Amount)
                            : "",
                    ]
            )
        );

        string NumberOf(Bytes32 execution) =>
            results.Where(one => one.Item1 == execution).Select(one => Number((ulong)one.index + 1)).FirstOrDefault(execution.ToString());

        static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task<DisputeFile> Read(Invocation run, string typed)
    {
        await using var content = typed == "-" ? run.Surroundings.Input : BlobCommands.OpenRead(run, typed);
        var bytes = new byte[DisputeFile.BytesMax + 1];
        var size = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, run.Cancellation);
        try
        {
            return DisputeFile.Parse(bytes.AsSpan(0, size));
        }
        catch (ReceiptFormatException malformed)
        {
            throw new CommandException(
                new Failure(ExitCodes.Damaged, "malformed_dispute", $"{typed} is no dispute. {malformed.Message}", null),
                malformed
            );
        }
    }

    private static WorkerId ParseWorker(string typed) =>
        WorkerId.TryParse(typed, out var worker)
            ? worker
            : throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "usage",
                    $"'{typed}' is not a worker's id: expected {Bytes32.TextSize} hexadecimal digits.",
                    "'market worker list' shows workers."
                )
            );
}
