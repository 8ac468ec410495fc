using System.Diagnostics;

namespace Marketplace.Verify.Checks;

/// <summary>
/// Packs the command and the SDK as the READMEs tell, installs the one and builds a project with the other, in a folder that knows nothing
/// of this checkout. Heavy: it builds for release, and restores packages from the registry.
/// </summary>
public static class PackagesCheck
{
    private const string Program = """
        using Marketplace;

        await using var client = new MarketplaceClient(new MarketplaceClientOptions { Url = new Uri("http://127.0.0.1:1"), Retries = 0 });
        try
        {
            await client.Health.Live();
        }
        catch (MarketplaceUnreachableException)
        {
            Console.WriteLine("the SDK runs");
        }
        """;

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
        </Project>
        """;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var root = arguments.Text("root") ?? Root();
        var folder = Directory.CreateTempSubdirectory("marketplace-packages-").FullName;
        var found = new List<string>();
        try
        {
            var packages = Path.Combine(folder, "packages");
            foreach (var project in (string[])["values", "crypto", "storage", "clients/Api", "clients/Sdk", "clients/Cli"])
            {
                await Type(found, root, "dotnet", "pack", project, "-c", "Release", "-o", packages);
            }
            var tools = Path.Combine(folder, "tools");
            await Type(found, folder, "dotnet", "tool", "install", "--tool-path", tools, "--add-source", packages, "Marketplace.Cli");
            Expect(found, "0.1.0", await Type(found, folder, Path.Combine(tools, "market"), "--version"));
            var echo = Path.Combine(root, "programs/echo/echo.wasm");
            Expect(found, "import", await Type(found, folder, Path.Combine(tools, "market"), "program", "inspect", echo));
            await File.WriteAllTextAsync(Path.Combine(folder, "mine.csproj"), Project);
            await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), Program);
            // A folder of its own for packages: else one that was packed before under the same version would be taken from the user's.
            await File.WriteAllTextAsync(
                Path.Combine(folder, "nuget.config"),
                $"""
                <configuration><packageSources><add key="packed" value="{packages}" /></packageSources>
                <config><add key="globalPackagesFolder" value="{Path.Combine(folder, "restored")}" /></config></configuration>
                """
            );
            await Type(found, folder, "dotnet", "add", "package", "Marketplace.Sdk");
            Expect(found, "the SDK runs", await Type(found, folder, "dotnet", "run"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return new VerifyResult(new { Verify = "packages", Violations = found.Count }, found);
    }

    private static void Expect(List<string> found, string expected, string output)
    {
        if (!output.Contains(expected, StringComparison.Ordinal))
        {
            found.Add($"Expected '{expected}' in: {output}");
        }
    }

    private static async Task<string> Type(List<string> found, string folder, string command, params string[] words)
    {
        var start = new ProcessStartInfo(command, words)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Console.Error.WriteLine($"{command} {string.Join(' ', words)}: {process.ExitCode}");
        if (process.ExitCode != 0)
        {
            found.Add($"{command} {string.Join(' ', words)} ended with {process.ExitCode}: {output}{await error}");
        }
        return output;
    }

    /// <summary>The checkout that this program was built in.</summary>
    internal static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Marketplace.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"Above {AppContext.BaseDirectory} is no Marketplace.sln: name the checkout with --root DIR.");
    }
}
