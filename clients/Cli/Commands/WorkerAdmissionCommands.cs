using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary>The parts of <c>market worker</c> by which an operator lets workers of other machines in.</summary>
internal static class WorkerAdmissionCommands
{
    public static Command Admissions(CommandSet set)
    {
        var state = Values.Option<AdmissionState>(
            "--state",
            "STATE",
            "Which of them [waiting]",
            "one of " + SnakeCase.AllOf<AdmissionState>(),
            SnakeCase.TryParse
        );
        var limit = Values.Limit();
        var cursor = Values.Cursor();
        return set.Leaf(
            "admissions",
            """
            List the workers that ask to be let in, the first ones first, or those that were let in or refused, the newest first.
            For the operator.

            Example:
              market worker admissions
            """,
            async run =>
            {
                var wanted = run.Get(state) ?? AdmissionState.Waiting;
                var page = await run.Client.Workers.ListAdmissions(wanted, run.Get(cursor), run.Get(limit) ?? 50, run.Cancellation);
                await run.Answer(
                    page,
                    writer =>
                    {
                        if (wanted == AdmissionState.Waiting)
                        {
                            WriteWaiting(writer, run, page.Items);
                        }
                        else
                        {
                            WriteDecided(writer, run, page.Items);
                        }
                    }
                );
                run.NoteNext(page.Next);
                return ExitCodes.Ok;
            },
            state,
            limit,
            cursor
        );
    }

    public static Command Admit(CommandSet set) =>
        Decide(
            set,
            "admit",
            isAdmitted: true,
            """
            Let a worker of another machine in, whether it has asked or not: it runs jobs and is paid for them, and with enough at stake
            committees may draw it. It comes in at its next try, within seconds. For the operator.

            Example:
              market worker admit d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 "the rack in the cellar"
            """
        );

    public static Command Refuse(CommandSet set) =>
        Decide(
            set,
            "refuse",
            isAdmitted: false,
            """
            Refuse a worker of another machine, or take back that it was let in: it is disconnected, and hears why at each try. What it runs
            is run again elsewhere. This holds against the file known-workers and '--admit-workers any'. For the operator.

            Example:
              market worker refuse d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 "tell us first whose it is"
            """
        );

    private static Command Decide(CommandSet set, string name, bool isAdmitted, string help)
    {
        var id = WorkerCommands.Id();
        var words = new Argument<string>("WORDS") { Description = "Why" };
        var requestId = Values.Text("--request-id", "ID", "The same id again is the same decision [a new one]");
        return set.Leaf(
            name,
            help,
            async run =>
            {
                var request = new AdmissionRequest(run.Get(requestId) ?? $"{Guid.NewGuid()}", isAdmitted, run.Get(words));
                var admission = await run.Client.Workers.DecideAdmission(run.Get(id), request, run.Cancellation);
                await run.Answer(
                    admission,
                    writer =>
                        Table.WriteFields(
                            writer,
                            ("worker", admission.Worker),
                            ("state", SnakeCase.Of(admission.State)),
                            ("decided", admission.Decision?.At),
                            ("by", admission.Decision?.By),
                            ("reason", admission.Decision?.Reason)
                        )
                );
                return ExitCodes.Ok;
            },
            id,
            words,
            requestId
        );
    }

    /// <summary>Whole ids: the next command takes one.</summary>
    private static void WriteWaiting(TextWriter writer, Invocation run, IReadOnlyList<Admission> items) =>
        Table.Write(
            writer,
            run.TableWidth,
            ["ID", "PAID TO", "PRICE", "SLOTS", "MEMORY", "REGION", "FROM", "SINCE", "LAST"],
            from admission in items
            let offer = admission.Offer
            where offer is not null
            select new[]
            {
                run.ShowId(admission.Worker),
                run.ShowId(offer.PayTo),
                Table.Show(offer.PricePerMillionFuel),
                Table.Show(offer.Slots),
                $"{offer.MemoryPagesMax / 16} MiB",
                offer.Region ?? "",
                offer.Address,
                run.ShowAge(offer.FirstAt),
                run.ShowAge(offer.LastAt),
            }
        );

    private static void WriteDecided(TextWriter writer, Invocation run, IReadOnlyList<Admission> items) =>
        Table.Write(
            writer,
            run.TableWidth,
            ["ID", "WHEN", "BY", "REASON"],
            from admission in items
            let decision = admission.Decision
            where decision is not null
            select new[] { run.ShowId(admission.Worker), run.ShowAge(decision.At), run.ShowId(decision.By), decision.Reason }
        );
}
