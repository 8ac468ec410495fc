using System.Text.Json;
using Marketplace.Receipts;

namespace Marketplace.Verify.Receipts;

/// <param name="Holds">Whether the receipt is good.</param>
/// <param name="Checks">What was found; null: it is no receipt at all.</param>
internal sealed record Verdict(bool Holds, IReadOnlyList<ReceiptCheck>? Checks);

/// <summary>A receipt to be judged.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Json">The file's bytes.</param>
/// <param name="Kind">What was done to it.</param>
/// <param name="Holds">What the verdict must be.</param>
/// <param name="Evidence">What the verifiers have beside it.</param>
internal sealed record Case(string Path, byte[] Json, string Kind, bool Holds, ReceiptEvidence? Evidence = null);

/// <summary>The three verifiers: C#, the page's module under node, and the script.</summary>
/// <param name="folder">Where page and script stand, with their packages.</param>
internal sealed class Judges(string folder)
{
    /// <summary>Of the command line's length, which has a limit.</summary>
    private const int FilesPerRun = 250;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public string Page => Path.Combine(folder, "page");

    public string Script => Path.Combine(folder, "script");

    /// <summary>Copies page and script, and gets the packages that their locks name.</summary>
    /// <returns>What npm said if it failed.</returns>
    public async Task<string?> Install()
    {
        foreach (var part in (string[])[Page, Script])
        {
            Directory.CreateDirectory(part);
            foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "receipts", Path.GetFileName(part))))
            {
                File.Copy(file, Path.Combine(part, Path.GetFileName(file)), overwrite: true);
            }
            var end = await Programs.Run(part, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            if (end.Code != 0)
            {
                return end.All;
            }
        }
        return null;
    }

    /// <summary>The page as the sources give it now.</summary>
    public async Task<byte[]> Build()
    {
        var built = Path.Combine(folder, "built.html");
        await MustRun(Page, "node", "build.mjs", built);
        return await File.ReadAllBytesAsync(built);
    }

    public static Verdict ByMarket(Case judged)
    {
        try
        {
            var checks = ReceiptChecks.Of(ReceiptFile.Parse(judged.Json), judged.Evidence);
            return new Verdict(checks.All(check => check.Result != CheckResult.Broken), checks);
        }
        catch (ReceiptFormatException)
        {
            return new Verdict(Holds: false, Checks: null);
        }
    }

    public async Task<IReadOnlyList<Verdict>> ByPage(IReadOnlyList<Case> cases)
    {
        var answers = await Ask(
            cases.Select(judged =>
                (object)
                    new
                    {
                        Receipt = judged.Path,
                        Evidence = new
                        {
                            Market = judged.Evidence?.Market?.Market.ToString(),
                            Module = judged.Evidence?.Module?.ToString(),
                            Input = judged.Evidence?.Input?.ToString(),
                            Output = judged.Evidence?.Output?.ToString(),
                        },
                    }
            )
        );
        return
        [
            .. answers.Select(answer => new Verdict(
                answer.GetProperty("holds").GetBoolean(),
                answer.GetProperty("isReceipt").GetBoolean() ? [.. answer.GetProperty("checks").EnumerateArray().Select(Check)] : null
            )),
        ];
    }

    /// <summary>Whether all that the script says of each file is that it holds.</summary>
    public async Task<IReadOnlyList<bool>> ByScript(IReadOnlyList<Case> cases)
    {
        var verdicts = new List<bool>();
        foreach (var chunk in cases.Chunk(FilesPerRun))
        {
            var end = await Programs.Run(Script, "node", ["verify.mjs", .. chunk.Select(judged => judged.Path)]);
            var lines = end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var broken = Of("broken");
            var holding = Of("holds");
            verdicts.AddRange(chunk.Select(judged => holding.Contains(judged.Path) && !broken.Contains(judged.Path)));
            if (
                end.Code != (broken.Count == 0 ? 0 : 1)
                || chunk.Any(judged => !holding.Contains(judged.Path) && !broken.Contains(judged.Path))
            )
            {
                throw new InvalidOperationException($"The script ended with {end.Code}: {end.Error}");
            }

            HashSet<string> Of(string word) =>
                [.. lines.Select(line => line.Split($": {word}: ")).Where(parts => parts.Length > 1).Select(parts => parts[0])];
        }
        return verdicts;
    }

    /// <summary>The id that the page gives a file's content.</summary>
    public async Task<string> ContentId(string path) => (await Ask([new { Content = path }]))[0].GetProperty("id").GetString()!;

    /// <summary>Whether page and script take each signature.</summary>
    public async Task<IReadOnlyList<(bool Page, bool Script)>> Signatures(
        IEnumerable<(byte[] Key, byte[] Message, byte[] Signature)> signatures
    ) =>
        [
            .. (
                await Ask(
                    signatures.Select(one =>
                        (object)
                            new
                            {
                                Key = Convert.ToHexStringLower(one.Key),
                                Message = Convert.ToHexStringLower(one.Message),
                                Signature = Convert.ToHexStringLower(one.Signature),
                            }
                    )
                )
            ).Select(answer => (answer.GetProperty("page").GetBoolean(), answer.GetProperty("script").GetBoolean())),
        ];

    private static ReceiptCheck Check(JsonElement check) =>
        new(
            check.GetProperty("name").GetString()!,
            check.GetProperty("result").GetString() switch
            {
                "holds" => CheckResult.Holds,
                "broken" => CheckResult.Broken,
                _ => CheckResult.NotChecked,
            },
            check.GetProperty("finding").GetString()!
        );

    private async Task<IReadOnlyList<JsonElement>> Ask(IEnumerable<object> requests)
    {
        var path = Path.Combine(folder, "requests");
        var lines = requests.Select(request => JsonSerializer.Serialize(request, Options)).ToArray();
        await File.WriteAllLinesAsync(path, lines);
        string[] modules = [Path.Combine(Page, "verify.mjs"), Path.Combine(Script, "verify.mjs")];
        var output = await MustRun(Script, "node", ["judge.mjs", .. modules, path]);
        var answers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToArray();
        return answers.Length == lines.Length
            ? answers
            : throw new InvalidOperationException($"{lines.Length} were asked, {answers.Length} answered.");
    }

    private static async Task<string> MustRun(string folder, string program, params string[] words)
    {
        var end = await Programs.Run(folder, program, words);
        return end.Code == 0
            ? end.Output
            : throw new InvalidOperationException($"{program} {words[0]} ended with {end.Code}:{Environment.NewLine}{end.All}");
    }
}
