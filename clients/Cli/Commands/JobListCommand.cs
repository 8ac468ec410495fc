using System.CommandLine;
using Marketplace.Api;

namespace Marketplace.Cli.Commands;

/// <summary><c>market job list</c>.</summary>
internal static class JobListCommand
{
    public static Command Make(CommandSet set)
    {
        var state = Values.Option<JobState>(
            "--state", "STATE", "Only jobs in this state", "one of " + SnakeCase.AllOf<JobState>(), SnakeCase.TryParse);
        var limit = Values.Limit();
        var cursor = Values.Cursor();
        return set.Leaf(
            "list",
            """
            List the account's jobs, newest first.

            Example:
              market job list --state failed
            """,
            async run =>
            {
                var page = await run.Client.Jobs.ListPage(run.Get(state), run.Get(cursor), run.Get(limit) ?? 50, run.Cancellation);
                await run.Answer(page, writer => Table.Write(
                    writer, ["ID", "STATE", "CODE", "SUBMITTED", "FUEL", "PRICE"],
                    page.Items.Select(job => new[]
                    {
                        job.Id.ToString(), SnakeCase.Of(job.State), job.Code is { } code ? SnakeCase.Of(code) : "-",
                        Table.Show(job.SubmittedAt), Table.Show(job.FuelUsed), job.Charge.ToString(),
                    })));
                run.NoteNext(page.Next);
                return ExitCodes.Ok;
            },
            state, limit, cursor);
    }
}
