using System.Diagnostics;

namespace Marketplace.Verify.Checks;

/// <summary>
/// Packs everything as the READMEs tell, installs the command, and builds two projects in folders that know nothing of this checkout:
/// one whose job goes over HTTP, one whose job goes to the grains, from the same code but for one word. Heavy: it builds for release, and
/// restores packages from the registry.
/// </summary>
public static class PackagesCheck
{
    private const string OverHttp = "AddMarketplaceClient";
    private const string OverGrains = "AddMarketplaceGrainClient";

    private const string Program = """
        using Marketplace;
        using Marketplace.Silo;
        using Microsoft.Extensions.DependencyInjection;

        var (data, module) = (args[0], args[1]);
        await using var app = await SiloApplication.Build(
            new SiloOptions { Data = data, Urls = "http://127.0.0.1:0", Isolation = "none" },
            builder => builder.Services.AddMarketplaceClient(Configure)
        );
        await app.StartAsync();
        var client = app.Services.GetRequiredService<MarketplaceClient>();
        var echo = await client.Programs.Deploy(module);
        var job = await client.Jobs.Start(new JobSpec { Program = echo.Id, InputText = "hello packages" });
        Console.WriteLine($"{await job.OutputText()} by {client.Url}");
        await app.StopAsync();

        void Configure(MarketplaceClientOptions options)
        {
            var folder = new DataFolder(data);
            (options.Url, options.Key) = (folder.ReadUrl(), folder.ReadKey());
        }
        """;

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Marketplace.Sdk.Grains" Version="0.*" />
            <PackageReference Include="Marketplace.Silo" Version="0.*" />
          </ItemGroup>
        </Project>
        """;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var root = arguments.Text("root") ?? Root();
        var folder = Directory.CreateTempSubdirectory("marketplace-packages-").FullName;
        var found = new List<string>();
        var packed = 0;
        try
        {
            var packages = Path.Combine(folder, "packages");
            await Type(found, root, "dotnet", "pack", "-c", "Release", "-o", packages);
            packed = PackedFiles.Check(packages, found);
            var again = Path.Combine(folder, "again");
            await Type(found, root, "dotnet", "pack", "-c", "Release", "-o", again);
            PackedFiles.Compare(packages, again, found);
            await UseCommand(root, folder, packages, found);
            // A folder of its own for what is restored: else a package of the same version from before would be taken from the user's.
            await File.WriteAllTextAsync(
                Path.Combine(folder, "nuget.config"),
                $"""
                <configuration><packageSources><add key="packed" value="{packages}" /></packageSources>
                <config><add key="globalPackagesFolder" value="{Path.Combine(folder, "restored")}" /></config></configuration>
                """
            );
            await UseClient(root, folder, OverHttp, "HELLO PACKAGES by http://127.0.0.1:", found);
            await UseClient(root, folder, OverGrains, "HELLO PACKAGES by http://localhost/", found);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return new VerifyResult(
            new
            {
                Verify = "packages",
                Packages = packed,
                Violations = found.Count,
            },
            found
        );
    }

    private static async Task UseCommand(string root, string folder, string packages, List<string> found)
    {
        var tools = Path.Combine(folder, "tools");
        await Type(found, folder, "dotnet", "tool", "install", "--tool-path", tools, "--add-source", packages, "Marketplace.Cli");
        Expect(found, "0.1.0", await Type(found, folder, Path.Combine(tools, "market"), "--version"));
        var echo = Path.Combine(root, "programs/echo/echo.wasm");
        Expect(found, "import", await Type(found, folder, Path.Combine(tools, "market"), "program", "inspect", echo));
    }

    private static async Task UseClient(string root, string folder, string method, string expected, List<string> found)
    {
        var project = Directory.CreateDirectory(Path.Combine(folder, method)).FullName;
        await File.WriteAllTextAsync(Path.Combine(project, "mine.csproj"), Project);
        await File.WriteAllTextAsync(
            Path.Combine(project, "Program.cs"),
            Program.Replace($"Services.{OverHttp}(", $"Services.{method}(", StringComparison.Ordinal)
        );
        var module = Path.Combine(root, "programs/echo/echo.wasm");
        Expect(found, expected, await Type(found, project, "dotnet", "run", "--", Path.Combine(project, "data"), module));
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
