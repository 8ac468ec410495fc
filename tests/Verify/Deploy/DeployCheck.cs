using Marketplace.Tests;

namespace Marketplace.Verify.Deploy;

/// <summary>
/// docker-compose.yml and the manifests of deploy/kubernetes, held against the schemas of Compose and Kubernetes; and copies of them with a
/// fault each, which must be found, so that a validator that says yes to everything is no proof. Needs node, npm and npm's registry.
/// </summary>
internal static class DeployCheck
{
    private const string Skipped = "node and npm are not installed: nothing was checked (Debian: apt-get install nodejs npm)";

    private const string Compose = "docker-compose.yml";

    private static readonly string[] Files = ["package.json", "judge.mjs"];

    /// <summary>A word of a file, and what a mistake makes of it.</summary>
    private static readonly (string File, string Right, string Wrong)[] Mutants =
    [
        (Compose, "healthcheck:", "healthchecks:"),
        (Compose, "cap_drop: [ALL]", "cap_drop: ALL"),
        (Compose, "read_only: true", "read_only: [true]"),
        ("silos.yaml", "replicas: 3", "replicas: three"),
        ("silos.yaml", "serviceName: silo", "serviceName: [silo]"),
        ("silos.yaml", "periodSeconds: 2", "periodSeconds: 2s"),
        ("workers.yaml", "runAsNonRoot: true", "runAsNonRoot: sure"),
        ("network.yaml", "policyTypes: [Ingress]", "policyTypes: Ingress"),
        ("storage.yaml", "accessModes: [ReadWriteMany]", "accessModes: ReadWriteMany"),
    ];

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        if (!await Programs.Exists("node") || !await Programs.Exists("npm"))
        {
            return new VerifyResult(
                new
                {
                    Verify = "deploy",
                    Skipped,
                    Violations = 0,
                },
                []
            );
        }
        using var data = new TemporaryFolder();
        var tool = arguments.Text("folder") ?? Path.Combine(data.Path, "tool");
        Directory.CreateDirectory(tool);
        foreach (var file in Files)
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "deploy", file), Path.Combine(tool, file), overwrite: true);
        }
        var installed = await Programs.Run(tool, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts");
        if (installed.Code != 0)
        {
            return new VerifyResult(new { Verify = "deploy", Violations = 1 }, [$"npm ended with {installed.Code}: {installed.All}"]);
        }
        var lines = await Judge(tool, Place("sources"));
        List<string> violations = [.. lines.Where(IsFault)];
        foreach (var mutant in Mutants)
        {
            var copy = Path.Combine(data.Path, "mutant");
            if (!Copy(mutant, copy))
            {
                violations.Add($"'{mutant.Right}' does not stand in {mutant.File}: the check of the check is stale.");
            }
            else if (!(await Judge(tool, copy)).Any(IsFault))
            {
                violations.Add($"'{mutant.Wrong}' instead of '{mutant.Right}' in {mutant.File} was not found.");
            }
        }
        return new VerifyResult(
            new
            {
                Verify = "deploy",
                Documents = lines.Count(line => !IsFault(line)),
                Mutants = Mutants.Length,
                Violations = violations.Count,
            },
            violations
        );
    }

    private static string Place(string name) => Path.Combine(AppContext.BaseDirectory, "deploy", name);

    private static bool IsFault(string line) => line.StartsWith('!');

    private static async Task<string[]> Judge(string tool, string files)
    {
        var end = await Programs.Run(tool, "node", "judge.mjs", Path.Combine(files, Compose), files);
        // A judge that falls over finds nothing: it would pass for one that finds each mutant.
        return end.Code == 0
            ? end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"node ended with {end.Code}: {end.All}");
    }

    private static bool Copy((string File, string Right, string Wrong) mutant, string target)
    {
        Directory.CreateDirectory(target);
        var isMade = false;
        foreach (var file in Directory.EnumerateFiles(Place("sources")))
        {
            var name = Path.GetFileName(file);
            var text = File.ReadAllText(file);
            if (name == mutant.File && text.Contains(mutant.Right, StringComparison.Ordinal))
            {
                text = text.Replace(mutant.Right, mutant.Wrong, StringComparison.Ordinal);
                isMade = true;
            }
            File.WriteAllText(Path.Combine(target, name), text);
        }
        return isMade;
    }
}
