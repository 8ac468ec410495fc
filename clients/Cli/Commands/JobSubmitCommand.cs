using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market job submit</c>.</summary>
internal static class JobSubmitCommand
{
    public static Command Make(CommandSet set)
    {
        var spec = new JobSpecOptions();
        return set.Leaf(
            "submit",
            """
            Submit a job without waiting for it, and print its id.

            Example:
              market job submit programs/primes/primes.wasm --text 100000 --fuel 2G
            """,
            run => Submit(run, spec),
            spec.Symbols
        );
    }

    private static async Task<int> Submit(Invocation run, JobSpecOptions spec)
    {
        var request = await spec.Request(run);
        var job = await run.Client.Jobs.Submit(request, default, run.Cancellation);
        await run.Answer(job, writer => writer.WriteLine(job.Id));
        return ExitCodes.Ok;
    }
}
