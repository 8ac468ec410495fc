using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market silo</c>: for operators, what a silo does and how it is set.</summary>
internal static class SiloCommands
{
    /// <summary>Fast enough to follow with the eye; the figures are of ten seconds and more.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>Of a terminal: to the upper left corner, and what is below it away. The last screen stays when the command ends.</summary>
    private const string FromTheTop = "\x1b[H\x1b[J";

    /// <summary>Lines of a terminal that do not tell its height.</summary>
    private const int MethodsShown = 20;

    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "silo",
            "See what a silo does and how it is set. Needs a key of the scope admin.",
            Top(set),
            Storage(set),
            Config(set),
            Log(set)
        );

    private static Command Top(CommandSet set) =>
        set.Leaf(
            "top",
            """
            Show the grains of the silo that answers: activations, calls a second, latencies, failures, full mailboxes. On a terminal the
            figures are drawn anew every two seconds until interrupted; elsewhere, and with --json, they are written once.
            Rates and latencies are of the last 10 to 20 seconds, or of the time since somebody last asked.

            Example:
              market silo top
            """,
            async run =>
            {
                while (true)
                {
                    var grains = await run.Client.Silo.Grains(run.Cancellation);
                    if (run.Json || !run.Surroundings.OutputIsTerminal)
                    {
                        await run.Answer(grains, writer => Write(writer, run, grains, grains.Methods.Count));
                        return ExitCodes.Ok;
                    }
                    await run.Answer(
                        grains,
                        writer =>
                        {
                            writer.Write(FromTheTop);
                            Write(writer, run, grains, MethodsShown);
                        }
                    );
                    await Task.Delay(LookEvery, run.Surroundings.Clock, run.Cancellation);
                }
            }
        );

    private static void Write(TextWriter writer, Invocation run, SiloGrains grains, int methods)
    {
        var all = grains.Grains;
        var seconds = Math.Max(grains.WindowMs, 1) / 1000.0;
        var calls = grains.Methods.Sum(method => method.Calls) / seconds;
        var waiting = all.Any(grain => grain.Waiting is not null)
            ? $", {Table.Show(all.Sum(grain => (long)(grain.Waiting ?? 0)))} calls wait"
            : "";
        var reminders = grains.Reminders is { } many ? $", {Table.Show(many)} reminders" : "";
        writer.WriteLine(
            $"{Table.Show(all.Sum(grain => (long)grain.Activations))} grains{waiting}{reminders}; {Table.Show((long)calls)} calls a second "
                + $"over the last {Table.Show((long)Math.Round(seconds))} s"
        );
        writer.WriteLine();
        Table.Write(
            writer,
            run.TableWidth,
            ["GRAIN", "SILO", "ACTIVATIONS", "WAITING", "MOST", "RUNNING"],
            all.Select(grain =>
                (IReadOnlyList<string>)
                    [
                        grain.Grain,
                        grain.Silo ?? "-",
                        Table.Show(grain.Activations),
                        Table.Show(grain.Waiting),
                        Table.Show(grain.WaitingMax),
                        Table.Show(grain.Running),
                    ]
            )
        );
        writer.WriteLine();
        Table.Write(
            writer,
            run.TableWidth,
            ["METHOD", "CALLS/S", "P50 US", "P99 US", "FAILED", "SINCE START"],
            grains
                .Methods.Take(methods)
                .Select(method =>
                    (IReadOnlyList<string>)
                        [
                            $"{method.Grain}.{method.Method}",
                            (method.Calls / seconds).ToString("#,0.0", System.Globalization.CultureInfo.InvariantCulture),
                            Table.Show(method.P50Us),
                            Table.Show(method.P99Us),
                            Table.Show(method.Failures),
                            Table.Show(method.CallsTotal),
                        ]
                )
        );
    }

    private static Command Storage(CommandSet set) =>
        set.Leaf(
            "storage",
            """
            Show how full the disk of the silo that answers is, how much its journal and tables take, and how far its lists are behind.

            Example:
              market silo storage
            """,
            async run =>
            {
                var storage = await run.Client.Silo.Storage(run.Cancellation);
                await run.Answer(
                    storage,
                    writer =>
                        Table.WriteFields(
                            writer,
                            ("disk", MiB(storage.DiskBytes)),
                            ("free", MiB(storage.DiskFreeBytes)),
                            ("floor", MiB(storage.DiskFloorBytes)),
                            ("store", storage.StoreBytes is { } bytes ? MiB(bytes) : "in the cluster's database"),
                            ("fold lag", $"{Table.Show(storage.FoldLag)} changes")
                        )
                );
                return ExitCodes.Ok;
            }
        );

    private static string MiB(long bytes) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes >> 20:#,0} MiB");

    private static Command Config(CommandSet set) =>
        set.Leaf(
            "config",
            """
            Show each option of the silo that answers: its value, and whether that comes from the command line, the environment, a file or
            the program. Values that may hold a secret are not shown. CONFIGURATION.md says what each means.

            Example:
              market silo config
            """,
            async run =>
            {
                var settings = await run.Client.Silo.Settings(run.Cancellation);
                await run.Answer(
                    settings,
                    writer =>
                        Table.Write(
                            writer,
                            run.TableWidth,
                            ["OPTION", "VALUE", "SOURCE"],
                            settings.Settings.Select(setting =>
                                (IReadOnlyList<string>)
                                    [
                                        setting.Name,
                                        setting.Value ?? (setting.Secret && setting.Source != SettingSource.Default ? "(not shown)" : "-"),
                                        SnakeCase.Of(setting.Source).Replace('_', ' '),
                                    ]
                            )
                        )
                );
                return ExitCodes.Ok;
            }
        );

    private static Command Log(CommandSet set) =>
        CommandSet.Group("log", "See and change from which level on a silo logs.", LogList(set), LogSet(set));

    private static Command LogList(CommandSet set) =>
        set.Leaf(
            "list",
            """
            Show the categories whose level was changed since the silo that answers was started.

            Example:
              market silo log list
            """,
            async run => await Answer(run, await run.Client.Silo.LogLevels(run.Cancellation))
        );

    private static Command LogSet(CommandSet set)
    {
        var category = new Argument<string>("CATEGORY")
        {
            Description = "The beginning of the names of loggers; of those that fit, the longest counts",
        };
        var level = Values.Argument<LogSeverity?>(
            "LEVEL",
            "The least level that is written; start: as when the silo was started",
            "trace, debug, information, warning, error, critical, none or start",
            TryLevel
        );
        return set.Leaf(
            "set",
            """
            Change from which level on the silo that answers logs a category: at once, and until it ends. On a cluster the others go on as
            they were. Lines of trace and debug may hold what clients send.

            Example:
              market silo log set Marketplace.Silo debug
            """,
            async run => await Answer(run, await run.Client.Silo.SetLogLevel(run.Get(category), run.Get(level), run.Cancellation)),
            category,
            level
        );
    }

    private static async Task<int> Answer(Invocation run, LogLevels levels)
    {
        await run.Answer(
            levels,
            writer =>
                Table.Write(
                    writer,
                    run.TableWidth,
                    ["CATEGORY", "LEVEL"],
                    from rule in levels.Rules
                    select new[] { rule.Category, SnakeCase.Of(rule.Level) }
                )
        );
        return ExitCodes.Ok;
    }

    private static bool TryLevel(string text, out LogSeverity? level)
    {
        level = Enum.GetValues<LogSeverity>().Cast<LogSeverity?>().FirstOrDefault(value => SnakeCase.Of(value!.Value) == text);
        return level is not null || text == "start";
    }
}
