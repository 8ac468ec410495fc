using Marketplace.Api;

namespace Marketplace.Cli.Commands;

/// <summary>Jobs in words.</summary>
internal static class JobView
{
    public static void Write(TextWriter writer, Job job)
    {
        Table.WriteFields(
            writer,
            ("job", job.Id),
            ("request id", job.RequestId),
            ("program", job.Program),
            ("state", SnakeCase.Of(job.State)),
            ("code", job.Code is { } code ? SnakeCase.Of(code) : null),
            ("reason", job.Reason),
            ("submitted", job.SubmittedAt),
            ("ended", job.EndedAt),
            ("worker", job.Worker),
            ("fuel", $"{Table.Show(job.FuelUsed)} of {Table.Show(job.FuelMax)}"),
            ("price", $"{job.Charge} of {job.PriceMax}"),
            ("output", job.Output is { } output ? $"{Table.Show(output.Size)} bytes{(output.Blob is { } blob ? $", {blob}" : "")}" : null),
            ("state root", job.StateRootAfter));
        foreach (var step in job.History)
        {
            var note = step.Note is null ? "" : "  " + TerminalText.CleanLine(step.Note);
            writer.WriteLine($"  {Table.Show(step.At)}  {SnakeCase.Of(step.State)}{note}");
        }
    }

    /// <summary>One sentence on how a job ended that did not complete.</summary>
    public static string Ending(Job job)
    {
        var ended = SnakeCase.Of(job.State).Replace('_', ' ');
        var code = job.Code is { } why ? $" ({SnakeCase.Of(why)})" : "";
        return $"the job {ended}{code}{(job.Reason is null ? "." : ": " + job.Reason)}";
    }
}
