using System.Text.Json;

namespace Marketplace.Chain;

/// <summary>A contract as the compiler gave it: contracts/evm/built, which is part of this assembly.</summary>
public sealed class ContractBuild
{
    private readonly byte[] _deployed;
    private readonly (int Start, int Length)[] _immutables;

    private ContractBuild(string name)
    {
        Name = name;
        using var stream =
            typeof(ContractBuild).Assembly.GetManifestResourceStream($"{name}.json")
            ?? throw new InvalidOperationException($"This build lacks the contract {name}.");
        using var document = JsonDocument.Parse(stream);
        var root = document.RootElement;
        Abi = ContractAbi.Parse(JsonSerializer.SerializeToUtf8Bytes(root.GetProperty("abi")));
        Bytecode = Bytes(root, "bytecode");
        _deployed = Bytes(root, "deployedBytecode");
        _immutables = [.. root.GetProperty("immutables").EnumerateArray().Select(place => (place[0].GetInt32(), place[1].GetInt32()))];
    }

    public static ContractBuild Escrow { get; } = new("Escrow");

    public static ContractBuild StakeRegistry { get; } = new("StakeRegistry");

    public static ContractBuild ReceiptVerifier { get; } = new("ReceiptVerifier");

    public static ContractBuild DevelopmentToken { get; } = new("DevelopmentToken");

    public string Name { get; }

    public ContractAbi Abi { get; }

    /// <summary>What creates it, before the constructor's arguments.</summary>
    public ReadOnlyMemory<byte> Bytecode { get; }

    /// <summary>The data of the transaction that creates it.</summary>
    public byte[] CreationOf(params object[] arguments) => [.. Bytecode.Span, .. Abi.Constructor.Encode(arguments)];

    /// <summary>Whether code on the chain is this contract's, whatever it was created with.</summary>
    public bool IsCodeOf(ReadOnlySpan<byte> code)
    {
        if (code.Length != _deployed.Length)
        {
            return false;
        }
        var masked = code.ToArray();
        foreach (var (start, length) in _immutables)
        {
            masked.AsSpan(start, length).Clear();
        }
        return masked.AsSpan().SequenceEqual(_deployed);
    }

    private static byte[] Bytes(JsonElement root, string name) => Convert.FromHexString(root.GetProperty(name).GetString().AsSpan(2));
}
