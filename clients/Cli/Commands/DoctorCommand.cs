using System.CommandLine;
using System.Text.Json;

namespace Marketplace.Cli.Commands;

/// <summary><c>market doctor</c>: goes through everything that a command needs, and says of each whether it is well.</summary>
internal static class DoctorCommand
{
    public static Command Make(CommandSet set) =>
        set.Leaf(
            "doctor",
            """
            Check everything that a command needs, and say what to do where something is wrong. Exits with 1 then.

            Example:
              market doctor
            """,
            async run =>
            {
                var checks = new List<Check>();
                await foreach (var check in new Doctor(run).Checks())
                {
                    checks.Add(check);
                    if (!run.Json)
                    {
                        await run.Text(Line(check));
                    }
                }
                if (run.Json)
                {
                    await run.AnswerObject(writer => Write(writer, checks));
                }
                return checks.All(check => check.IsWell) ? ExitCodes.Ok : ExitCodes.NotCompleted;
            }
        );

    private static string Line(Check check) =>
        $"{(check.IsWell ? "ok    " : "failed")}  {check.Name}: {TerminalText.CleanLine(check.Seen)}\n"
        + (check.Advice is null ? "" : $"          {TerminalText.CleanLine(check.Advice)}\n");

    private static void Write(Utf8JsonWriter writer, List<Check> checks)
    {
        writer.WriteStartArray("checks");
        foreach (var check in checks)
        {
            Write(writer, check);
        }
        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, Check check)
    {
        writer.WriteStartObject();
        writer.WriteString("name", check.Name);
        writer.WriteBoolean("ok", check.IsWell);
        writer.WriteString("seen", check.Seen);
        if (check.Advice is not null)
        {
            writer.WriteString("advice", check.Advice);
        }
        writer.WriteEndObject();
    }
}
