using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market job list</c>.</summary>
internal static class JobListCommand
{
    public static Command Make(CommandSet set)
    {
        var state = Values.Option<JobState>(
            "--state",
            "STATE",
            "Only jobs in this state",
            "one of " + SnakeCase.AllOf<JobState>(),
            SnakeCase.TryParse
        );
        var program = Ids.ProgramOption();
        var limit = Values.Limit();
        var cursor = Values.Cursor();
        return set.Leaf(
            "list",
            """
            List the account's jobs, newest first.

            Example:
              market job list --state failed --program prog41ab09c1
            """,
            async run =>
            {
                ProgramId? only = run.Get(program) is { } typed ? await run.FindProgram(typed) : null;
                var page = await run.Client.Jobs.ListPage(run.Get(state), only, run.Get(cursor), run.Get(limit) ?? 50, run.Cancellation);
                var names = run.Json ? [] : await Names(run, page.Items);
                await run.Answer(
                    page,
                    writer =>
                        Table.Write(
                            writer,
                            run.TableWidth,
                            ["ID", "PROGRAM", "STATE", "CODE", "SUBMITTED", "FUEL", "PRICE"],
                            page.Items.Select(job =>
                                new[]
                                {
                                    run.ShowId(job.Id),
                                    names[job.Program],
                                    SnakeCase.Of(job.State),
                                    job.Code is { } code ? SnakeCase.Of(code) : "-",
                                    run.ShowAge(job.SubmittedAt),
                                    Table.Show(job.FuelUsed),
                                    Table.Show(job.Charge),
                                }
                            )
                        )
                );
                run.NoteNext(page.Next);
                return ExitCodes.Ok;
            },
            state,
            program,
            limit,
            cursor
        );
    }

    /// <summary>What the programs of a page are called: its name, or where it has none or is not known any more, its id.</summary>
    private static async Task<Dictionary<ProgramId, string>> Names(Invocation run, IReadOnlyList<JobListItem> jobs)
    {
        var programs = jobs.Select(job => job.Program).Distinct().ToArray();
        var names = new string[programs.Length];
        // A page may hold as many programs as jobs; asking a few at a time does not press the service.
        var few = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = run.Cancellation };
        await Parallel.ForAsync(
            0,
            programs.Length,
            few,
            async (index, cancellation) =>
            {
                try
                {
                    names[index] = (await run.Client.Programs.Get(programs[index], cancellation)).Name;
                }
                catch (Exception unknown) when (Failure.IsOfService(unknown))
                {
                    names[index] = "";
                }
            }
        );
        return programs.Zip(names).ToDictionary(pair => pair.First, pair => pair.Second.Length > 0 ? pair.Second : run.ShowId(pair.First));
    }
}
