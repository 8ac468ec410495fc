using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market open</c>: the silo's web pages in a browser, signed in.</summary>
internal static class OpenCommand
{
    public static Command Make(CommandSet set)
    {
        var print = new Option<bool>("--print") { Description = "Print the link and open nothing" };
        return set.Leaf(
            "open",
            """
            Open the silo's web pages in a browser, signed in with the key of this command. The link is good once, within ten minutes.
            Until the browser has used it, other users of this machine can see it in the list of processes and use it themselves: where
            they are not trusted, print it and open it by hand.

            Example:
              market open
              market open --print
            """,
            async run =>
            {
                var ticket = await run.Client.Keys.SignIn(run.Cancellation);
                var link = $"{run.Client.Url.AbsoluteUri.TrimEnd('/')}/#ticket={ticket.Ticket}";
                if (run.Json)
                {
                    await run.AnswerObject(writer =>
                    {
                        writer.WriteString("link", link);
                        writer.WriteString("expiresAt", ticket.ExpiresAt);
                    });
                }
                else
                {
                    await run.Text($"{link}\n");
                    if (!run.Get(print) && !run.Surroundings.Browse(link))
                    {
                        run.Note("market: no browser was found here; open the link above in one, within ten minutes.");
                    }
                }
                return ExitCodes.Ok;
            },
            [print]
        );
    }
}
