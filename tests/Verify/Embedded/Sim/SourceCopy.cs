using System.Diagnostics;

namespace Marketplace.Verify.Sim;

/// <summary>The product's sources in a temporary folder, and a copy of this program that runs with what is built from them.</summary>
internal sealed class SourceCopy : IDisposable
{
    private static readonly string[] Left = ["artifacts", "tests", "clients", ".git"];
    private static readonly string[] Kept = [".cs", ".csproj", ".props", ".targets", ".json", ".editorconfig", ".globalconfig", ".config"];

    private readonly HashSet<string> _built = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("marketplace-sim-").FullName;

    public SourceCopy(string root)
    {
        foreach (var folder in Directory.GetDirectories(root).Where(folder => !Left.Contains(Path.GetFileName(folder))))
        {
            Copy(folder, Path.Combine(Sources, Path.GetFileName(folder)), file => Kept.Contains(Path.GetExtension(file)));
        }
        foreach (var file in Directory.GetFiles(root).Where(file => Kept.Contains(Path.GetExtension(file))))
        {
            File.Copy(file, Path.Combine(Sources, Path.GetFileName(file)));
        }
        Copy(AppContext.BaseDirectory, Program, _ => true);
    }

    private string Sources => Path.Combine(_folder, "sources");

    private string Program => Path.Combine(_folder, "verify");

    /// <summary>Runs with the program as it is without the safeguard.</summary>
    public async Task<TResult> Without<TResult>(Safeguard safeguard, Func<Task<TResult>> run)
    {
        var file = Path.Combine(Sources, safeguard.File);
        var whole = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, safeguard.RemoveFrom(whole));
        var library = Build(file);
        try
        {
            return await run();
        }
        finally
        {
            await File.WriteAllTextAsync(file, whole);
            File.Copy(Path.Combine(AppContext.BaseDirectory, library), Path.Combine(Program, library), overwrite: true);
        }
    }

    /// <returns>What it wrote to each stream.</returns>
    public async Task<(string Output, string Errors)> RunVerify(IReadOnlyList<string> arguments)
    {
        using var process = Start(["exec", Path.Combine(Program, "Marketplace.Verify.dll"), .. arguments], Program);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (await output, await errors);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Only the project that the file is in: what others see of it stays as it is.</summary>
    /// <returns>The file that was built.</returns>
    private string Build(string file)
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(file)!);
        while (folder.GetFiles("*.csproj").Length == 0)
        {
            folder = folder.Parent!;
        }
        var project = folder.GetFiles("*.csproj")[0].FullName;
        // What it stands on was built with it the first time.
        string[] known = _built.Add(project) ? [] : ["--no-restore", "-p:BuildProjectReferences=false"];
        using var process = Start(
            ["build", project, "-c", "Release", "-v", "q", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", .. known],
            Sources
        );
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"Without the safeguard in {file} the build failed: {output.Result}{errors.Result}");
        }
        var name = Path.GetFileNameWithoutExtension(project);
        var built = Path.Combine(Sources, "artifacts", "embedded", "bin", name, "release", $"Marketplace.{name}.dll");
        File.Copy(built, Path.Combine(Program, Path.GetFileName(built)), overwrite: true);
        return Path.GetFileName(built);
    }

    private static Process Start(IEnumerable<string> arguments, string folder)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet was not started.");
    }

    private static void Copy(string from, string to, Func<string, bool> isWanted)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(isWanted))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
