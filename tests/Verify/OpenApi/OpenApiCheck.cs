using Marketplace.Tests;

namespace Marketplace.Verify.OpenApi;

/// <summary>
/// What foreign tools make of the service's document: two linters, a generated client that must compile under TypeScript's strict rules,
/// and a job that this client runs against the real silo. Needs node and npm, and npm's registry for the first run.
/// </summary>
internal static class OpenApiCheck
{
    private const string Skipped = "node and npm are not installed: nothing was checked (Debian: apt-get install nodejs npm)";

    private static readonly string[] Files = ["package.json", "tsconfig.json", "client.ts"];

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        if (!await Programs.Exists("node") || !await Programs.Exists("npm"))
        {
            return new VerifyResult(
                new
                {
                    Verify = "openapi",
                    Skipped,
                    Violations = 0,
                },
                []
            );
        }
        using var data = new TemporaryFolder();
        var folder = arguments.Text("folder") ?? Path.Combine(data.Path, "client");
        Directory.CreateDirectory(folder);
        foreach (var file in Files)
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "openapi", file), Path.Combine(folder, file), overwrite: true);
        }
        await using var silo = await SiloProcess.Start(Path.Combine(data.Path, "silo"), CancellationToken.None);
        await using var client = silo.Client();
        using (var http = new HttpClient())
        {
            await File.WriteAllBytesAsync(
                Path.Combine(folder, "openapi.json"),
                await http.GetByteArrayAsync(new Uri(client.Url, Routes.OpenApi))
            );
        }
        await File.WriteAllTextAsync(Path.Combine(folder, ".spectral.yaml"), "extends: [\"spectral:oas\"]\n");

        var violations = new List<string>();
        await Step("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts");
        var isInstalled = violations.Count == 0;
        if (isInstalled)
        {
            await Step("npx", "--no-install", "spectral", "lint", "openapi.json", "--fail-severity=error");
            await Step("npx", "--no-install", "redocly", "lint", "openapi.json", "--extends=recommended");
            await Step("npx", "--no-install", "openapi-typescript", "openapi.json", "-o", "api.ts");
            await Step("npx", "--no-install", "tsc", "-p", ".");
            var key = await File.ReadAllTextAsync(Path.Combine(silo.Folder, "key"));
            var module = Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm");
            var output = await Step("node", "out/client.js", client.Url.AbsoluteUri.TrimEnd('/'), key.Trim(), module);
            if (violations.Count == 0 && output.Trim() != "HELLO TYPESCRIPT")
            {
                violations.Add($"The generated client's job gave '{output}'.");
            }
        }
        return new VerifyResult(
            new
            {
                Verify = "openapi",
                Linters = 2,
                ClientRan = isInstalled,
                Violations = violations.Count,
            },
            violations
        );

        async Task<string> Step(string program, params string[] words)
        {
            var end = await Programs.Run(folder, program, words);
            if (end.Code != 0)
            {
                violations.Add($"{program} {string.Join(' ', words.Take(3))} ended with {end.Code}:{Environment.NewLine}{end.All}");
            }
            return end.Output;
        }
    }
}
