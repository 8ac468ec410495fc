using System.Text;

namespace Marketplace.Cli.Commands;

/// <summary>Jobs in words.</summary>
internal static class JobView
{
    /// <summary>What fits a screen: a trace of a panic has about so many lines.</summary>
    private const int TailLinesMax = 20;

    private const int TailBytesMax = 4096;

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
            ("exit code", job.ExitCode),
            ("submitted", job.SubmittedAt),
            ("ended", job.EndedAt),
            ("worker", job.Worker),
            ("fuel", $"{Table.Show(job.FuelUsed)} of {Table.Show(job.FuelMax)}"),
            ("price", $"{Table.Show(job.Charge)} of {Table.Show(job.PriceMax)}"),
            ("auction", job.AuctionMs is { } window ? $"{Table.Show(window)} ms for bids" : null),
            ("group", job.Group is { } group ? $"{group}, one at a time for each {SnakeCase.Of(job.Spread ?? GroupSpread.Worker)}" : null),
            ("assurance", job.Assurance?.ToString()),
            ("answered by", job.ReusedJob is { } earlier ? $"the receipt of job {earlier}" : null),
            ("output", job.Output is { } output ? $"{Table.Show(output.Size)} bytes{(output.Blob is { } blob ? $", {blob}" : "")}" : null),
            ("state root", job.StateRootAfter)
        );
        foreach (var file in job.Output?.Files ?? [])
        {
            writer.WriteLine($"  /out/{TerminalText.CleanLine(file.Name)}  {Table.Show(file.Size)} bytes, {file.Blob}");
        }
        foreach (var step in job.History)
        {
            var note = step.Note is null ? "" : "  " + TerminalText.CleanLine(step.Note);
            writer.WriteLine($"  {Table.Show(step.At)}  {SnakeCase.Of(step.State)}{note}");
        }
    }

    /// <summary>One sentence on how a job ended that did not complete.</summary>
    public static string Ending(Job job)
    {
        var ended = job.State switch
        {
            JobState.Cancelled => "was cancelled",
            JobState.TimedOut => "timed out",
            JobState.Expired => "expired",
            _ => "failed",
        };
        var code = job.Code is { } why ? $" ({SnakeCase.Of(why)})" : "";
        return $"the job {ended}{code}{(job.Reason is null ? "." : ": " + job.Reason)}";
    }

    /// <summary>The last lines of a log, and whether there are more; empty where there is nothing to show.</summary>
    public static string Tail(byte[] log)
    {
        var lines = Encoding.UTF8.GetString(log.AsSpan(Math.Max(0, log.Length - TailBytesMax))).TrimEnd().Split('\n');
        var isCut = log.Length > TailBytesMax || lines.Length > TailLinesMax;
        return (isCut ? "…\n" : "") + string.Join('\n', lines.TakeLast(TailLinesMax));
    }

    /// <summary>What to do about it.</summary>
    public static string Advice(Job job) =>
        job.Code switch
        {
            ErrorCode.OutOfFuel => $"It may use more with --fuel; it had {Table.Show(job.FuelMax)}.",
            ErrorCode.OutOfMemory => "It may use more with --memory.",
            ErrorCode.TimeExceeded => "It may run longer with --timeout.",
            ErrorCode.NoWorker =>
                $"'market job explain {Ids.Short(job.Id)}' tells why each worker did not fit; a higher --max-price may help.",
            ErrorCode.StateUnavailable =>
                $"It was not run; submit it again later. 'market job status {Ids.Short(job.Id)}' shows how often it was tried.",
            ErrorCode.EntryPointNotFound => $"'market program info {job.Program}' lists the entry points; --entry chooses one.",
            _ => $"'market job logs {Ids.Short(job.Id)}' shows what the program wrote, 'market job status {Ids.Short(job.Id)}' the rest.",
        };
}
