using System.CommandLine;
using System.CommandLine.Parsing;

namespace Marketplace.Cli;

/// <summary>
/// Ids as people type them: whole, or their first digits, as the lists show them. A whole id is taken as it is; the beginning of one is
/// looked up among the account's own, so that it never tells of those of others.
/// </summary>
internal static class Ids
{
    /// <summary>So many are shown where a beginning fits several.</summary>
    private const int CandidatesMax = 10;

    /// <summary>Four more than must be typed: copied from a list of millions, they still fit one.</summary>
    private const int ShortDigits = 12;

    private static readonly string Expected = $"{Routes.PrefixDigitsMin} to {Bytes32.TextSize} hexadecimal digits, the id or its beginning";

    /// <summary>How lists show an id: enough to type, and never less than what is taken.</summary>
    public static string Short<TId>(TId id)
        where TId : struct => id.ToString()![..^(Bytes32.TextSize - ShortDigits)];

    public static Argument<string> Job() => Argument("The job: its id, or at least the first eight digits", "");

    public static Argument<string?> OptionalJob() =>
        new("ID")
        {
            Description = "The job: its id, or at least the first eight digits [all of the account]",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result => Read(result, "ID", ""),
        };

    public static Argument<string> Blob() =>
        Argument("The blob: its id, or at least the first eight digits, with or without the word before them", BlobId.Prefix);

    public static Argument<string> Program() =>
        Argument("The program: its id, or at least the first eight digits, with or without the word before them", ProgramId.Prefix);

    public static Option<string?> ProgramOption() =>
        new("--program")
        {
            Description = "Only jobs of this program: its id, or at least the first eight digits",
            HelpName = "ID",
            CustomParser = result => Read(result, "--program", ProgramId.Prefix),
        };

    public static async Task<JobId> FindJob(this Invocation run, string typed) =>
        JobId.TryParse(typed, out var whole)
            ? whole
            : One(
                "job",
                typed,
                [
                    .. (await run.Client.Jobs.Find(typed, CandidatesMax, run.Cancellation)).Select(job =>
                        (job.Id, $"{job.Id}  {SnakeCase.Of(job.State)}  {Table.Show(job.SubmittedAt)}")
                    ),
                ]
            );

    public static async Task<BlobId> FindBlob(this Invocation run, string typed) =>
        BlobId.TryParse(typed, out var whole)
            ? whole
            : One(
                "blob",
                typed,
                [
                    .. (await run.Client.Blobs.Find(typed[BlobId.Prefix.Length..], CandidatesMax, run.Cancellation)).Select(blob =>
                        (blob.Id, $"{blob.Id}  {Table.Show(blob.Size)} bytes")
                    ),
                ]
            );

    public static async Task<ProgramId> FindProgram(this Invocation run, string typed) =>
        ProgramId.TryParse(typed, out var whole)
            ? whole
            : One(
                "program",
                typed,
                [
                    .. (await run.Client.Programs.Find(typed[ProgramId.Prefix.Length..], CandidatesMax, run.Cancellation)).Select(program =>
                        (program.Id, $"{program.Id}  {program.Name}")
                    ),
                ]
            );

    /// <summary>Whether a word can be meant as the id of a program, and not as a file.</summary>
    public static bool TryProgram(string word, out string typed) =>
        TryWord(word, ProgramId.Prefix, out typed) && word.StartsWith(ProgramId.Prefix, StringComparison.Ordinal);

    private static Argument<string> Argument(string description, string word) =>
        new("ID") { Description = description, CustomParser = result => Read(result, "ID", word)! };

    private static string? Read(ArgumentResult result, string name, string word)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (TryWord(text, word, out var typed))
        {
            return typed;
        }
        var expected = word.Length == 0 ? Expected : $"'{word}' and {Expected}";
        result.AddError($"'{(text.Length > 80 ? text[..80] + "…" : text)}' is not a value for {name}: expected {expected}.");
        return null;
    }

    /// <summary>With the word before the digits, and in small letters, as ids are written.</summary>
    private static bool TryWord(string text, string word, out string typed)
    {
        var digits = text.StartsWith(word, StringComparison.Ordinal) ? text[word.Length..] : text;
        // A list shows where it has cut.
        digits = digits.TrimEnd('…').ToLowerInvariant();
        typed = word + digits;
        return digits.Length is >= Routes.PrefixDigitsMin and <= Bytes32.TextSize && !digits.AsSpan().ContainsAnyExcept("0123456789abcdef");
    }

    private static TId One<TId>(string what, string typed, IReadOnlyList<(TId Id, string Line)> found) =>
        found.Count switch
        {
            1 => found[0].Id,
            0 => throw new CommandException(
                new Failure(
                    ExitCodes.NotFound,
                    $"{what}_not_found",
                    $"This account has no {what} whose id begins with {typed}.",
                    $"'market {what} list' shows them. The {what} of another account is reached by its whole id only, if at all."
                )
            ),
            _ => throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "ambiguous",
                    $"The ids of {(found.Count == CandidatesMax ? "many" : "several")} {what}s begin with {typed}:\n"
                        + string.Join('\n', found.Select(one => "  " + TerminalText.CleanLine(one.Line))),
                    "Give more digits."
                )
            ),
        };
}
