using System.Text;
using System.Text.Json;

namespace Marketplace.Chain.Tests.Markets;

/// <summary>
/// The typed calls are what the contracts' descriptions give. MARKETPLACE_WRITE_CALLS with the full path of chain/Contracts writes them
/// anew.
/// </summary>
public sealed class ContractCallsTests
{
    private const int ColumnsMax = 140;

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["address"] = "EvmAddress",
        ["uint64"] = "ulong",
        ["uint128"] = "TokenAmount",
        ["uint256"] = "BigInteger",
        ["uint8"] = "ulong",
        ["bytes32"] = "Bytes32",
        ["bytes32[]"] = "IReadOnlyList<Bytes32>",
        ["bytes[]"] = "IReadOnlyList<byte[]>",
        ["struct G1Point"] = "BlsPublicKey",
        ["struct G2Point"] = "BlsSignature",
        ["struct Settlement"] = "Settlement",
        ["struct AccountTotals"] = "AccountTotals",
        ["struct MerklePath"] = "IReadOnlyList<MerkleStep>",
    };

    [Theory]
    [InlineData("Escrow", "Escrow")]
    [InlineData("StakeRegistry", "StakeRegistry")]
    [InlineData("DevelopmentToken", "Token", "approve", "mint")]
    public void Calls_AreThoseOfTheContract(string contract, string name, params string[] functions)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Contracts", $"{name}Calls.cs");
        var made = Write(contract, name, functions);
        if (Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_CALLS") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, $"{name}Calls.cs"), made);
        }

        Assert.Equal(made, File.ReadAllText(path));
    }

    private static string Write(string contract, string name, string[] only)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Contracts", $"{contract}.json")));
        var functions = document
            .RootElement.GetProperty("abi")
            .EnumerateArray()
            .Where(entry => entry.GetProperty("type").GetString() == "function")
            .Where(entry => entry.GetProperty("stateMutability").GetString() == "nonpayable")
            .Where(entry => only.Length == 0 || only.Contains(entry.GetProperty("name").GetString()))
            .Where(entry => Inputs(entry).All(input => Types.ContainsKey(TypeOf(input))))
            .OrderBy(entry => entry.GetProperty("name").GetString(), StringComparer.Ordinal)
            .ToArray();
        var bodies = new StringBuilder();
        foreach (var function in functions)
        {
            bodies.Append(Method(function));
        }
        var text = bodies.ToString();
        var usings = new List<string>();
        Use("BigInteger", "System.Numerics");
        Use("Bls", "Marketplace.Crypto");
        Use("MerkleStep", "Marketplace.Receipts");
        usings.Add("using static Marketplace.Chain.ContractValues;");
        var head = string.Join('\n', usings);
        return $$"""
            // Made from contracts/evm/built/{{contract}}.json by ContractCallsTests; not edited by hand.
            {{head}}

            namespace Marketplace.Chain;

            /// <summary>What transactions say to the contract {{contract}}: the data of each.</summary>
            public static class {{name}}Calls
            {
            {{text.TrimEnd()}}

                private static byte[] Encode(string function, params object[] arguments) =>
                    ContractBuild.{{contract}}.Abi.Function(function).Signature.EncodeCall(arguments);
            }

            """;

        void Use(string type, string space)
        {
            if (text.Contains(type, StringComparison.Ordinal))
            {
                usings.Add($"using {space};");
            }
        }
    }

    private static string Method(JsonElement function)
    {
        var name = function.GetProperty("name").GetString()!;
        var inputs = Inputs(function).ToArray();
        var parameters = string.Join(", ", inputs.Select(input => $"{Types[TypeOf(input)]} {input.GetProperty("name").GetString()}"));
        var values = string.Concat(inputs.Select(input => $", Of({input.GetProperty("name").GetString()})"));
        var types = string.Join(", ", inputs.Select(input => $"{TypeOf(input)} {input.GetProperty("name").GetString()}"));
        var head = $"    public static byte[] {char.ToUpperInvariant(name[0])}{name[1..]}({parameters}) =>";
        var body = $"Encode(\"{name}\"{values});";
        var fits = head.Length + 1 + body.Length <= ColumnsMax;
        return $"    /// <summary><c>{name}({types})</c></summary>\n{head}{(fits ? " " : "\n        ")}{body}\n\n";
    }

    private static JsonElement.ArrayEnumerator Inputs(JsonElement entry) => entry.GetProperty("inputs").EnumerateArray();

    private static string TypeOf(JsonElement input) =>
        input.GetProperty("internalType").GetString() is { } inner && inner.StartsWith("struct ", StringComparison.Ordinal)
            ? inner
            : input.GetProperty("type").GetString()!;
}
