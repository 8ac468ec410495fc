using System.CommandLine;
using System.Globalization;

namespace Marketplace.Cli.Commands;

/// <summary>The commands for settlements on the chain.</summary>
internal static class SettlementCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "settlement",
            """
            See how the market's books come to its chain.

            Example:
              market settlement show
            """,
            Show(set),
            Get(set)
        );

    private static Command Show(CommandSet set) =>
        set.Leaf(
            "show",
            """
            Show where the market settles, how far the next settlement is, and the last ones.

            Example:
              market settlement show
            """,
            async run =>
            {
                var settlement = await run.Client.Settlement.Get(run.Cancellation);
                await run.Answer(settlement, writer => Write(writer, settlement));
                return ExitCodes.Ok;
            }
        );

    private static void Write(TextWriter writer, MarketSettlement settlement)
    {
        var open = settlement.Open;
        Table.WriteFields(
            writer,
            ("chain", $"{settlement.Chain.ChainId}:{settlement.Chain.Contract}"),
            ("token", settlement.Token is { } token ? $"{token.Address} ({token.Symbol}, {token.Decimals} decimals)" : null),
            ("state", SnakeCase.Of(settlement.State)),
            ("settled", Text(settlement.Settled)),
            ("newest block", Text(settlement.Head)),
            ("counted block", Text(settlement.Counted)),
            ("addresses", Table.Show(settlement.Accounts)),
            ("committee", Table.Show(settlement.Members)),
            ("under way", open is null ? null : $"{open.Number}, signed by {open.Signed} of {open.Asked} members of epoch {open.Epoch}"),
            ("transaction", open?.Transaction),
            ("waits", settlement.Trouble)
        );
        if (settlement.Past.Count > 0)
        {
            writer.WriteLine();
            Table.Write(
                writer,
                ["NUMBER", "EPOCH", "ACCOUNTS", "RECEIPTS", "EARNED", "SPENT", "TRANSACTION"],
                settlement.Past.Select(past =>
                    (IReadOnlyList<string>)
                        [
                            Text(past.Number),
                            Text(past.Epoch),
                            Table.Show(past.Accounts),
                            Table.Show(past.Receipts),
                            Money(settlement, past.Earned),
                            Money(settlement, past.Spent),
                            past.Transaction ?? "",
                        ]
                )
            );
        }
    }

    private static string Money(MarketSettlement settlement, TokenAmount amount) =>
        settlement.Token is { } token ? new Money(amount, token.Symbol, token.Decimals).ToString() : Table.Show(amount);

    private static Command Get(CommandSet set)
    {
        var number = Values.Option<long>("--number", "N", "Which [the last one]", "a whole number", Values.TryCount);
        var output = Values.Text("--output", "FILE", "Where to [N.settlement.json]");
        var force = Values.Switch("--force", "Replace a file of that name");
        return set.Leaf(
            "get",
            """
            Write the file of a settlement: what all accounts have earned and spent, by which they are paid. With the file of
            the last settlement an account claims and leaves without the market.

            Example:
              market settlement get --output last.settlement.json
            """,
            async run =>
            {
                var last = run.Get(number) ?? (await run.Client.Settlement.Get(run.Cancellation)).Settled;
                if (last == 0)
                {
                    throw new CommandException(
                        new Failure(
                            ExitCodes.NotFound,
                            "settlement_not_found",
                            "Nothing is settled yet.",
                            "'market settlement show' tells how far it is."
                        )
                    );
                }
                var file = await run.Client.Settlement.GetFile((ulong)last, run.Cancellation);
                var typed = run.Get(output) ?? $"{Text(last)}.settlement.json";
                await FetchedFile.Write(run, typed, run.Get(force), async to => await to.WriteAsync(file.ToJson(), run.Cancellation));
                await run.AnswerDone("written", run.Path(typed));
                return ExitCodes.Ok;
            },
            number,
            output,
            force
        );
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
