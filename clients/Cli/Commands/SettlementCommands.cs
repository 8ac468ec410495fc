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
            Show(set)
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
                            Table.Show(past.Earned),
                            Table.Show(past.Spent),
                            past.Transaction ?? "",
                        ]
                )
            );
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
