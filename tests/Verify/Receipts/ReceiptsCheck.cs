using System.Text;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Testing;
using Marketplace.Tests;

namespace Marketplace.Verify.Receipts;

/// <summary>
/// A real silo runs jobs of all ends. Three verifiers that share no code judge their receipts, and mutants of them: C#, the page
/// (receipts/verifier) and a script of 100 lines written from RECEIPT.md. All agree, page and C# also in what they find. Then the built
/// page itself judges some in a browser, if there is one.
/// </summary>
internal static class ReceiptsCheck
{
    private const string Skipped = "node and npm are not installed: nothing was checked (Debian: apt-get install nodejs npm)";
    private const int BrowserCases = 20;
    private const int ReceiptsPerCommittee = 8;
    private const string Browser = "chromium";

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        if (!await Programs.Exists("node") || !await Programs.Exists("npm"))
        {
            return new VerifyResult(
                new
                {
                    Verify = "receipts",
                    Skipped,
                    Violations = 0,
                },
                []
            );
        }
        using var data = new TemporaryFolder();
        var judges = new Judges(data.Path);
        var violations = new List<string>();
        if (await judges.Install() is { } refused)
        {
            violations.Add($"npm ci failed:{Environment.NewLine}{refused}");
            return new VerifyResult(new { Verify = "receipts", Violations = 1 }, violations);
        }
        var seed = arguments.Number("seed", 1);
        var made = new ReceiptCases(Path.Combine(data.Path, "cases"), new Random(seed));
        var jobs = await Jobs(Path.Combine(data.Path, "silo"), made, violations);
        made.AddFlips(arguments.Number("flips", 200));
        made.AddMutants(arguments.Number("n", 2_000));
        await Judge(judges, made.All, violations);
        await CompareContent(judges, violations);
        var signatures = await CompareSignatures(judges, violations);
        var isBuilt = await CompareBuild(judges, violations);
        var browsed = await Browse(arguments.Text("browser"), judges, made, violations);
        return new VerifyResult(
            new
            {
                Verify = "receipts",
                Seed = seed,
                Jobs = jobs,
                Cases = made.All.GroupBy(one => one.Kind).ToDictionary(kind => kind.Key, kind => kind.Count()),
                SignedTogether = made.ReceiptsWithPath,
                Good = made.All.Count(one => one.Holds),
                Refused = made.All.Count(one => !one.Holds),
                Signatures = signatures,
                PageIsBuilt = isBuilt,
                InBrowser = browsed,
                Violations = violations.Count,
            },
            violations
        );
    }

    /// <returns>How many jobs ended how.</returns>
    private static async Task<Dictionary<string, int>> Jobs(string folder, ReceiptCases made, List<string> violations)
    {
        await using var silo = await SiloProcess.Start(folder, CancellationToken.None, ReceiptJobs.SiloArguments);
        await using var client = silo.Client();
        var receipts = (await new ReceiptJobs(client).Run()).Concat(await AssuredJobs.Run(Path.Combine(folder, "assured"))).ToArray();
        foreach (var (index, (kind, file)) in receipts.Index())
        {
            made.AddReceipt(file);
            if (index % ReceiptsPerCommittee == 0 && file.Certificate is null)
            {
                made.AddOfCommittee(file);
            }
            if (ReceiptChecks.Of(file).FirstOrDefault(check => check.Result == CheckResult.Broken) is { } broken)
            {
                violations.Add($"The receipt of the job '{kind}' does not hold: {broken.Finding}");
            }
        }
        violations.AddRange(
            from job in receipts
            where Assurance.TryParse(job.Kind, out _)
            let refusal = AssuredJobs.Refusal(job)
            where refusal is not null
            select $"The receipt of a job with {job.Kind} {refusal}."
        );
        var ends = receipts
            .GroupBy(one => $"{one.File.Receipt.State}/{one.File.Receipt.Execution.Result.Outcome}")
            .ToDictionary(end => end.Key, end => end.Count());
        violations.AddRange(ReceiptJobs.Needed.Where(end => !ends.ContainsKey(end)).Select(end => $"No job ended as {end}."));
        return ends;
    }

    private static async Task Judge(Judges judges, IReadOnlyList<Case> cases, List<string> violations)
    {
        var page = await judges.ByPage(cases);
        var script = await judges.ByScript(cases);
        for (var index = 0; index < cases.Count; index++)
        {
            var one = cases[index];
            var market = Judges.ByMarket(one);
            // The script looks at no evidence, so wrong evidence is nothing to it.
            var isGoodToScript = one.Holds || one.Evidence is not null;
            if (market.Holds != one.Holds || page[index].Holds != one.Holds || script[index] != isGoodToScript)
            {
                violations.Add(
                    $"{one.Kind}: expected is {Word(one.Holds)}; C# says {Word(market.Holds)}, the page {Word(page[index].Holds)}, "
                        + $"the script {Word(script[index])}.{Environment.NewLine}{Found(market)}{Encoding.UTF8.GetString(one.Json)}"
                );
            }
            else if (CommitteeMutants.IsOne(one.Kind) && market.Checks?.Count(check => check.Result == CheckResult.Broken) != 1)
            {
                violations.Add($"{one.Kind}: more is wrong than what it is about.{Environment.NewLine}{Found(market)}");
            }
            else if (market.Checks is { } found && page[index].Checks is { } other && !found.SequenceEqual(other))
            {
                var (first, second) = found.Zip(other).First(pair => pair.First != pair.Second);
                violations.Add($"{one.Kind}: C# finds {first}, the page {second}.");
            }
        }

        static string Word(bool holds) => holds ? "good" : "broken";

        static string Found(Verdict verdict) =>
            string.Concat(
                (verdict.Checks ?? [])
                    .Where(check => check.Result == CheckResult.Broken)
                    .Select(check => $"{check.Name}: {check.Finding}{Environment.NewLine}")
            );
    }

    private static async Task CompareContent(Judges judges, List<string> violations)
    {
        var path = ReceiptJobs.ModulePath("echo");
        var expected = IdDerivation.Blob(await File.ReadAllBytesAsync(path)).ToString();
        var id = await judges.ContentId(path);
        if (id != expected)
        {
            violations.Add($"The page says that echo.wasm is {id}; it is {expected}.");
        }
    }

    /// <returns>How many signatures were compared; 0: the official vectors are not here.</returns>
    private static async Task<int> CompareSignatures(Judges judges, List<string> violations)
    {
        if (Vectors.Find("ed25519-x25519/cctv-ed25519-edge-cases.json") is not { } path)
        {
            return 0;
        }
        using var vectors = JsonDocument.Parse(await File.ReadAllBytesAsync(path));
        var signatures = vectors
            .RootElement.EnumerateArray()
            .Select(vector =>
                (
                    Key: Convert.FromHexString(vector.GetProperty("key").GetString()!),
                    Message: Encoding.UTF8.GetBytes(vector.GetProperty("msg").GetString()!),
                    Signature: Convert.FromHexString(vector.GetProperty("sig").GetString()!)
                )
            )
            .ToArray();
        var answers = await judges.Signatures(signatures);
        for (var index = 0; index < signatures.Length; index++)
        {
            var (key, message, signature) = signatures[index];
            var market = Ed25519.Verify(new Bytes32(key), message, signature);
            if (answers[index] != (market, market))
            {
                violations.Add($"Edge case {index} of signatures: C# says {market}, page and script {answers[index]}.");
            }
        }
        return signatures.Length;
    }

    private static async Task<bool> CompareBuild(Judges judges, List<string> violations)
    {
        var kept = await File.ReadAllBytesAsync(Path.Combine(judges.Page, "receipt-verifier.html"));
        var built = await judges.Build();
        var isBuilt = kept.AsSpan().SequenceEqual(built);
        if (!isBuilt)
        {
            violations.Add("receipt-verifier.html is not what its sources give: run npm ci and npm run build in receipts/verifier.");
        }
        return isBuilt;
    }

    /// <returns>How many receipts the page judged in a browser; 0: there is none.</returns>
    private static async Task<int> Browse(string? named, Judges judges, ReceiptCases made, List<string> violations)
    {
        if (named is null && !await Programs.Exists(Browser))
        {
            return 0;
        }
        var profile = Directory.CreateDirectory(Path.Combine(judges.Page, "profile")).FullName;
        var browser = new PageInBrowser(named ?? Browser, Path.Combine(judges.Page, "receipt-verifier.html"), profile);
        var cases = made.Sample(BrowserCases, one => one.Evidence is null && one.Json.Length * 4 / 3 < PageInBrowser.FragmentMax);
        var expected = await judges.ByPage(cases);
        for (var index = 0; index < cases.Count; index++)
        {
            var (verdict, console) = await browser.Judge(cases[index].Json);
            var isSame =
                verdict.Holds == expected[index].Holds
                && (verdict.Checks is null) == (expected[index].Checks is null)
                && (verdict.Checks ?? []).SequenceEqual((expected[index].Checks ?? []).Select(check => check with { Finding = "" }));
            if (!isSame || console.Length > 0)
            {
                violations.Add($"{cases[index].Kind}: the page in the browser says otherwise than its module. {console}");
            }
        }
        return cases.Count;
    }
}
