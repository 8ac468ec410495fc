using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market prices</c>.</summary>
internal static class PricesCommand
{
    /// <summary>Eight heights of a column; the same on a terminal and in a file.</summary>
    private const string Heights = "▁▂▃▄▅▆▇█";

    public static Command Make(CommandSet set) =>
        set.Leaf(
            "prices",
            """
            Show jobs and workers, and for each class of jobs its prices and how busy its workers are, over the last hour and day.

            Example:
              market prices
            """,
            async run =>
            {
                var market = await run.Client.Market.Get(run.Cancellation);
                await run.Answer(market, writer => Write(writer, market));
                return ExitCodes.Ok;
            }
        );

    private static void Write(TextWriter writer, MarketStatus market)
    {
        Table.WriteFields(
            writer,
            ("jobs waiting", market.QueuedJobs),
            ("jobs running", market.RunningJobs),
            ("workers", market.Workers),
            ("slots", market.Slots),
            ("lowest price per million fuel", market.LowestPricePerMillionFuel)
        );
        foreach (var each in market.Classes ?? [])
        {
            writer.WriteLine();
            writer.WriteLine(TerminalText.CleanLine(each.Name));
            Table.WriteFields(
                writer,
                ("  waiting, running", $"{Table.Show(each.ReadyJobs)}, {Table.Show(each.RunningJobs)}"),
                ("  free slots", Depth(each)),
                ("  last price", each.LastPrice),
                ("  price, last hour", Prices(each.Hour)),
                ("  price, last day", Prices(each.Day)),
                ("  use, last hour", Use(each.Hour)),
                ("  use, last day", Use(each.Day))
            );
        }
    }

    private static string Depth(MarketClass each) =>
        each.Free.Count == 0
            ? $"none of {Table.Show(each.Slots)}"
            : $"{string.Join(", ", each.Free.Select(level => $"{Table.Show(level.Slots)} at {Table.Show(level.Price)}"))} of "
                + Table.Show(each.Slots);

    /// <summary>A column a span in which jobs were matched, and the range.</summary>
    private static string? Prices(IReadOnlyList<PriceSpan> spans)
    {
        var matched = spans.Where(span => span.Mean is not null).ToArray();
        if (matched is [])
        {
            return null;
        }
        var low = (double)matched.Min(span => span.Low!.Value.BaseUnits);
        var high = (double)matched.Max(span => span.High!.Value.BaseUnits);
        var chart = string.Concat(matched.Select(span => Column((double)span.Mean!.Value.BaseUnits - low, high - low)));
        return $"{chart}  {Table.Show(matched.MinBy(span => span.Low!.Value.BaseUnits)!.Low)} to "
            + Table.Show(matched.MaxBy(span => span.High!.Value.BaseUnits)!.High);
    }

    private static string? Use(IReadOnlyList<PriceSpan> spans)
    {
        var used = spans.Select(span => span.UsedPermille).OfType<int>().ToArray();
        return used is [] ? null : $"{string.Concat(used.Select(part => Column(part, 1000)))}  {used[^1] / 10} % now";
    }

    private static char Column(double height, double most) =>
        most <= 0 ? Heights[0] : Heights[(int)Math.Round((Heights.Length - 1) * Math.Clamp(height / most, 0, 1))];
}
