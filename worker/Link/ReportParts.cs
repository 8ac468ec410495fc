using Marketplace.Api.Workers;
using Marketplace.Worker.Protocol;

namespace Marketplace.Worker;

/// <summary>A report in frames that are not larger than allowed.</summary>
internal static class ReportParts
{
    /// <summary>What a result takes beside its bytes and texts: ids, numbers and names of members.</summary>
    private const int ResultBytes = 1024;

    /// <summary>What a change of state takes beside its key and value.</summary>
    private const int ChangeBytes = 32;

    /// <summary>A file's entry: its blob, its size, and a name whose every letter is escaped.</summary>
    private const int FileBytes = 160;

    /// <summary>A letter of a text as <c>\u0000</c>, which may stand for two.</summary>
    private const int EscapedBytes = 12;

    /// <summary>Reasons are for people. The market keeps less of them.</summary>
    internal const int ReasonCharsMax = 2000;

    public static IEnumerable<WorkerReport> Of(WorkerReport report)
    {
        List<WorkerResult> part = [];
        var bytes = 0;
        if (report.Sealed is { Count: > 0 })
        {
            // Small, and others wait for them.
            yield return report with
            {
                Results = [],
            };
            report = report with { Sealed = null };
        }
        foreach (var given in report.Results)
        {
            var result = given.Reason?.Length > ReasonCharsMax ? given with { Reason = given.Reason[..ReasonCharsMax] } : given;
            var size = SizeOf(result);
            if (part.Count == LinkPolicy.ReportResultsMax || (part.Count > 0 && bytes + size > LinkPolicy.FrameBytesMax - ResultBytes))
            {
                yield return report with
                {
                    Results = [.. part],
                };
                part.Clear();
                bytes = 0;
            }
            part.Add(result);
            bytes += size;
        }
        if (part.Count > 0)
        {
            yield return report with
            {
                Results = part,
            };
        }
    }

    /// <summary>At least what the result's JSON takes.</summary>
    internal static int SizeOf(WorkerResult result) =>
        ResultBytes
        + (EscapedBytes * (result.Reason?.Length ?? 0))
        + Base64(result.Output.Length)
        + Base64(result.Log.Length)
        + result.StateChanges.Sum(change => ChangeBytes + Base64(change.Key.Length) + Base64(change.Value?.Length ?? 0))
        + (result.Files?.Sum(file => FileBytes + (EscapedBytes * file.Name.Length)) ?? 0);

    private static int Base64(int bytes) => (bytes + 2) / 3 * 4;
}
