using System.Security.Cryptography;
using System.Text;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Guests;
using Marketplace.Engine.Guests.Onvm;
using Marketplace.Engine.Guests.Wasi;
using Marketplace.Engine.Validate;

namespace Marketplace.Engine;

/// <summary>
/// Everything that decides a run's result and fuel beside the program and its input (FUEL.md, "Profile"). Two engines with the
/// same hash give the same results; a receipt names the hash that it was made under.
/// </summary>
public static class EngineProfile
{
    /// <summary>A line for each number and each function of the host, in a fixed order.</summary>
    public static string Text { get; } = Describe(EngineLimits.Default);

    /// <summary>SHA-256 of <see cref="Text"/> in UTF-8, as 64 lower-case digits.</summary>
    public static string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    internal static string Describe(EngineLimits limits)
    {
        var text = new StringBuilder("marketplace engine profile\n");
        foreach (var opcode in Enum.GetValues<Opcode>())
        {
            text.Append($"cost {(int)opcode:x2} {opcode} {OpcodeTable.CostOf(opcode)}\n");
        }

        foreach (var opcode in Enum.GetValues<Opcode>())
        {
            text.Append($"work {(int)opcode:x2} {opcode} {CompilationWork.Of(opcode)}\n");
        }

        foreach (var type in Enum.GetValues<WasmType>())
        {
            text.Append($"work set {type.Text()} {CompilationWork.OfSet(type)}\n");
        }

        Add(text, "engine", nameof(EnginePolicy.JoinedFuelMax), EnginePolicy.JoinedFuelMax);
        Add(text, "engine", nameof(EnginePolicy.BulkBytesPerFuel), EnginePolicy.BulkBytesPerFuel);
        Add(text, "engine", nameof(EnginePolicy.PageBytes), EnginePolicy.PageBytes);
        Add(text, "engine", nameof(EnginePolicy.MemoryPagesMax), EnginePolicy.MemoryPagesMax);
        Add(text, "engine", nameof(EnginePolicy.TableElementsMax), EnginePolicy.TableElementsMax);
        Add(text, "engine", nameof(EnginePolicy.StackSlotsMax), EnginePolicy.StackSlotsMax);
        Add(text, "engine", nameof(EnginePolicy.FrameSlots), EnginePolicy.FrameSlots);
        Add(text, "engine", nameof(EnginePolicy.BodyBytesPerFrameSlot), EnginePolicy.BodyBytesPerFrameSlot);
        Add(text, "engine", nameof(EnginePolicy.VectorFrameSlots), EnginePolicy.VectorFrameSlots);
        Add(text, "engine", nameof(EnginePolicy.VectorLocalFrameSlots), EnginePolicy.VectorLocalFrameSlots);
        Add(text, "engine", nameof(EnginePolicy.UnsignedTruncationFrameSlots), EnginePolicy.UnsignedTruncationFrameSlots);
        Add(text, "engine", nameof(EnginePolicy.VectorFunctionSlots), EnginePolicy.VectorFunctionSlots);
        Add(text, "engine", nameof(EnginePolicy.HostFrameSlots), EnginePolicy.HostFrameSlots);
        var sizes = typeof(EngineLimits).GetProperties().Where(limit => limit.PropertyType == typeof(int));
        foreach (var limit in sizes.OrderBy(limit => limit.Name, StringComparer.Ordinal))
        {
            Add(text, "module", limit.Name, limit.GetValue(limits));
        }

        // The other fields depend on the machine, and no guest sees them.
        var prices = typeof(GuestPolicy).GetFields().Where(field => field.IsLiteral);
        foreach (var price in prices.OrderBy(field => field.Name, StringComparer.Ordinal))
        {
            Add(text, "guest", price.Name, price.GetRawConstantValue());
        }

        foreach (var call in WasiImports.All.Concat(OnvmImports.All))
        {
            text.Append($"host {call.Module} {call.Name} {call.Type}\n");
        }

        return text.ToString();
    }

    private static void Add(StringBuilder text, string kind, string name, object? value) => text.Append($"{kind} {name} {value}\n");
}
