using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Marketplace.Engine;
using Marketplace.Reference.Generation;

namespace Marketplace.Reference.Comparison;

/// <summary>
/// V8 as a third opinion, in one Node process. It has no fuel and a stack of its own, so it is asked only for the calls before one
/// that a bound ended; NaN results count as equal, and traps that it does not tell apart too.
/// </summary>
public sealed class NodePeer : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>V8's words, and ours that they may stand for.</summary>
    private static readonly (string Words, TrapKind[] Kinds)[] Traps =
    [
        ("unreachable", [TrapKind.Unreachable]),
        // V8 looks at an atomic access's bounds before its alignment.
        ("memory access out of bounds", [TrapKind.OutOfBoundsMemoryAccess, TrapKind.UnalignedAtomic]),
        ("divide by zero", [TrapKind.IntegerDivideByZero]),
        ("remainder by zero", [TrapKind.IntegerDivideByZero]),
        ("divide result unrepresentable", [TrapKind.IntegerOverflow]),
        ("float unrepresentable in integer range", [TrapKind.IntegerOverflow, TrapKind.InvalidConversionToInteger]),
        ("table index is out of bounds", [TrapKind.UndefinedElement, TrapKind.OutOfBoundsTableAccess]),
        ("operation does not support unaligned accesses", [TrapKind.UnalignedAtomic]),
        ("element segment out of bounds", [TrapKind.OutOfBoundsTableAccess]),
        ("table access out of bounds", [TrapKind.OutOfBoundsTableAccess]),
        ("null function or function signature", [TrapKind.UninitializedElement, TrapKind.IndirectCallTypeMismatch]),
    ];

    private readonly Process _node;
    private readonly string _script;

    private sealed record Call(string Name, string[][] Arguments, string[] Results);

    private sealed record Request(string Wasm, Call[][] Sessions);

    private sealed record Answer(string Call, string End, string Results, string Memory, string Trace);

    private sealed record Reply(string? Refused, Answer[][]? Sessions);

    private NodePeer(Process node, string script)
    {
        _node = node;
        _script = script;
    }

    /// <returns>Null where there is no Node.</returns>
    public static NodePeer? TryStart()
    {
        var script = Path.Combine(Path.GetTempPath(), $"v8-{Guid.NewGuid():n}.mjs");
        using (var source = Assembly.GetExecutingAssembly().GetManifestResourceStream("v8.mjs")!)
        using (var file = File.Create(script))
        {
            source.CopyTo(file);
        }

        try
        {
            var start = new ProcessStartInfo("node", [script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            return new NodePeer(Process.Start(start)!, script);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            File.Delete(script);
            return null;
        }
    }

    /// <summary>Runs what the other engines agreed on.</summary>
    /// <returns>What differs, or null.</returns>
    public string? DifferenceTo(Comparison agreed)
    {
        var types = WasmModule.Decode(agreed.Module.Bytes, EngineLimits.Default).ExportsByName;
        var sessions = agreed
            .Calls.GroupBy(call => call.Session)
            .Select(session => session.TakeWhile(call => !call.Outcome.IsBounded).ToArray())
            .Where(session => session.Length > 0)
            .ToArray();
        var calls = sessions.Select(session =>
            session
                .Where(call => call.Call is not null)
                .Select(call => new Call(
                    call.Call!.Export,
                    [.. call.Call.Arguments.Select(argument => new[] { argument.Type.Text(), TextOf(argument) })],
                    [.. ((FunctionType)types[call.Call.Export].Type).Results.Select(type => type.Text())]
                ))
                .ToArray()
        );
        var reply = Ask(new Request(Convert.ToBase64String(agreed.Module.Bytes), [.. calls]));
        if (reply.Refused is { } refused)
        {
            return refused;
        }

        return sessions
            .Zip(reply.Sessions!)
            .SelectMany(pair => pair.First.Zip(pair.Second))
            .Select(pair => Difference(pair.First, pair.Second, types))
            .FirstOrDefault(difference => difference is not null);
    }

    public void Dispose()
    {
        _node.StandardInput.Close();
        _node.WaitForExit();
        _node.Dispose();
        File.Delete(_script);
    }

    private static string TextOf(ReferenceValue value) => Ending.Text(value.Type, value.Bits, value.Reference);

    private static string? Difference(AgreedCall ours, Answer theirs, IReadOnlyDictionary<string, ModuleExport> types)
    {
        var results = ours.Outcome.Results;
        if (ours.Call is { } call && results.Length > 0)
        {
            var kinds = ((FunctionType)types[call.Export].Type).Results;
            results = string.Join(' ', results.Split(' ').Select((text, i) => IsNaN(kinds[i], text) ? "nan" : text));
        }

        var memory = Convert.ToHexStringLower(SHA256.HashData(ours.State.Memory));
        var same =
            SameEnd(ours.Outcome.End, theirs.End)
            && results == theirs.Results
            && (theirs.Memory.Length == 0 || (memory == theirs.Memory && ours.Outcome.Trace.ToString("x", null) == theirs.Trace));
        return same ? null : $"{ours.Outcome} memory {memory} and {theirs}";
    }

    private static bool SameEnd(string ours, string theirs) =>
        ours == theirs
        || Traps.Any(trap => theirs.Contains(trap.Words, StringComparison.Ordinal) && trap.Kinds.Any(kind => kind.ToString() == ours));

    private static bool IsNaN(WasmType type, string text) =>
        type switch
        {
            WasmType.F32 => float.IsNaN(BitConverter.UInt32BitsToSingle(uint.Parse(text, NumberStyles.HexNumber, null))),
            WasmType.F64 => double.IsNaN(BitConverter.UInt64BitsToDouble(ulong.Parse(text, NumberStyles.HexNumber, null))),
            _ => false,
        };

    private Reply Ask(Request request)
    {
        _node.StandardInput.WriteLine(JsonSerializer.Serialize(request, Json));
        _node.StandardInput.Flush();
        var line = _node.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Node ended before it answered.");
        return JsonSerializer.Deserialize<Reply>(line, Json)!;
    }
}
