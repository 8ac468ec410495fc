using System.Diagnostics;

namespace Marketplace.Verify.Sim;

/// <summary>
/// The product's sources in a temporary folder, and copies of this program and of those that it starts, which run with what is built from
/// them.
/// </summary>
internal sealed class SourceCopy : IDisposable
{
    private static readonly string[] Left = ["artifacts", "tests", "clients", ".git"];
    private static readonly string[] Kept = [".cs", ".csproj", ".props", ".targets", ".json", ".editorconfig", ".globalconfig", ".config"];

    /// <summary>Names the folder of anvil: a copy of this program does not find the checkout.</summary>
    private const string AnvilVariable = "MARKETPLACE_ANVIL";

    private readonly HashSet<string> _built = [];
    private readonly List<string> _programs = [];
    private readonly string _root;
    private readonly string _folder = Directory.CreateTempSubdirectory("marketplace-sim-").FullName;

    /// <param name="root">The checkout.</param>
    /// <param name="started">Programs that this one starts, by the names of their folders beside its own.</param>
    public SourceCopy(string root, params string[] started)
    {
        _root = root;
        foreach (var folder in Directory.GetDirectories(root).Where(folder => !Left.Contains(Path.GetFileName(folder))))
        {
            Copy(folder, Path.Combine(Sources, Path.GetFileName(folder)), file => Kept.Contains(Path.GetExtension(file)));
        }
        foreach (var file in Directory.GetFiles(root).Where(file => Kept.Contains(Path.GetExtension(file))))
        {
            File.Copy(file, Path.Combine(Sources, Path.GetFileName(file)));
        }
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        foreach (var program in (string[])[own.Parent!.Name, .. started])
        {
            var copy = Path.Combine(_folder, "bin", program, own.Name);
            Copy(Path.Combine(own.Parent.Parent!.FullName, program, own.Name), copy, _ => true);
            _programs.Add(copy);
        }
    }

    private string Sources => Path.Combine(_folder, "sources");

    private string Program => _programs[0];

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
            Place(Path.Combine(AppContext.BaseDirectory, library));
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
        Place(built);
        return Path.GetFileName(built);
    }

    private void Place(string library)
    {
        foreach (var place in _programs.Select(program => Path.Combine(program, Path.GetFileName(library))).Where(File.Exists))
        {
            File.Copy(library, place, overwrite: true);
        }
    }

    private Process Start(IEnumerable<string> arguments, string folder)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.TryAdd(AnvilVariable, Path.Combine(_root, "contracts", "evm", "node_modules", ".bin"));
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
