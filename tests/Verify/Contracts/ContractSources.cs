using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Marketplace.Verify.Contracts;

/// <summary>A change of the contracts that takes one of their rules away.</summary>
/// <param name="File">Under contracts/evm/src.</param>
/// <param name="Rule">The text of the rule, which stands there once.</param>
/// <param name="Instead">What stands in its place.</param>
internal sealed record ContractMutant(string File, string Rule, string Instead);

/// <summary>Compiles contracts with the project's compiler (contracts/evm/tools/solc.mjs), which needs node.</summary>
internal static partial class ContractSources
{
    /// <summary>Where the contracts are; null: not below a checkout of the project.</summary>
    public static string? Folder { get; } = Find();

    /// <returns>The code that creates an escrow whose sources were changed.</returns>
    public static async Task<byte[]> Compile(ContractMutant mutant)
    {
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        Collect("src/Escrow.sol", sources);
        var text = sources[$"src/{mutant.File}"];
        if (text.Split(mutant.Rule).Length != 2)
        {
            throw new InvalidOperationException($"'{mutant.Rule}' does not stand once in {mutant.File}: write the mutant anew.");
        }
        sources[$"src/{mutant.File}"] = text.Replace(mutant.Rule, mutant.Instead, StringComparison.Ordinal);
        return await Compile(sources, "src/Escrow.sol", "Escrow", viaIr: true);
    }

    /// <returns>The code that creates the token of the check.</returns>
    public static Task<byte[]> CompileToken()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "contracts", "VerifyToken.sol"));
        return Compile(new Dictionary<string, string> { ["VerifyToken.sol"] = text }, "VerifyToken.sol", "VerifyToken", viaIr: false);
    }

    private static async Task<byte[]> Compile(Dictionary<string, string> sources, string file, string contract, bool viaIr)
    {
        var settings = new JsonObject
        {
            ["evmVersion"] = "osaka",
            ["viaIR"] = viaIr,
            ["optimizer"] = new JsonObject { ["enabled"] = true, ["runs"] = 10000 },
            ["outputSelection"] = new JsonObject { ["*"] = new JsonObject { [contract] = new JsonArray("evm.bytecode.object") } },
        };
        var named = sources.Select(source => KeyValuePair.Create(source.Key, (JsonNode?)new JsonObject { ["content"] = source.Value }));
        var input = new JsonObject
        {
            ["language"] = "Solidity",
            ["sources"] = new JsonObject(named),
            ["settings"] = settings,
        };
        using var output = JsonDocument.Parse(await RunCompiler(input.ToJsonString()));
        return output.RootElement.TryGetProperty("contracts", out var contracts) && contracts.TryGetProperty(file, out var compiled)
            ? Convert.FromHexString(
                compiled.GetProperty(contract).GetProperty("evm").GetProperty("bytecode").GetProperty("object").GetString()!
            )
            : throw new InvalidOperationException($"{file} does not compile: {output.RootElement.GetProperty("errors")}");
    }

    private static async Task<string> RunCompiler(string input)
    {
        var start = new ProcessStartInfo("node", ["tools/solc.mjs"])
        {
            WorkingDirectory = Folder ?? throw new InvalidOperationException("contracts/evm is not above this program."),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return await output;
    }

    private static void Collect(string name, Dictionary<string, string> sources)
    {
        if (sources.ContainsKey(name))
        {
            return;
        }
        var path = name.StartsWith('@') ? Path.Combine(Folder!, "node_modules", name) : Path.Combine(Folder!, name);
        var text = File.ReadAllText(path);
        sources[name] = text;
        foreach (Match import in Imports().Matches(text))
        {
            var imported = import.Groups[1].Value;
            Collect(imported.StartsWith('.') ? Joined(Path.GetDirectoryName(name)!, imported) : imported, sources);
        }
    }

    private static string Joined(string folder, string relative) =>
        Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", folder, relative)));

    private static string? Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Marketplace.sln")))
            {
                return Path.Combine(at.FullName, "contracts", "evm");
            }
        }
        return null;
    }

    [GeneratedRegex("""from "([^"]+)";""")]
    private static partial Regex Imports();
}
