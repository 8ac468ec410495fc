using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market job</c>.</summary>
internal static class JobCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "job",
            "Run programs and look at their results.",
            JobRunCommand.Make(set),
            JobSubmitCommand.Make(set),
            JobQuoteCommand.Make(set),
            JobViewCommands.Status(set),
            JobViewCommands.Output(set),
            JobViewCommands.Logs(set),
            JobViewCommands.Cancel(set),
            JobViewCommands.Explain(set),
            JobFollowCommands.Wait(set),
            JobFollowCommands.Watch(set),
            JobListCommand.Make(set),
            JobReplayCommand.Make(set)
        );
}
