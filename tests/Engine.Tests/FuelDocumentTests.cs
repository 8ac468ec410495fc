using System.Globalization;
using System.Text.RegularExpressions;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;
using Marketplace.Engine.Tests.Building;
using Marketplace.Reference;
using Marketplace.Reference.Execution;

namespace Marketplace.Engine.Tests;

/// <summary>engine/FUEL.md, the engine and the interpreter say the same.</summary>
public sealed partial class FuelDocumentTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly string Document = File.ReadAllText(Path.Combine(SourceTree.Root, "engine", "FUEL.md"));

    public static TheoryData<string, int> Bulk()
    {
        var data = new TheoryData<string, int>();
        foreach (
            var name in (string[])["memory.fill", "memory.copy", "memory.init", "table.fill", "table.copy", "table.init", "table.grow"]
        )
        {
            foreach (var size in (int[])[0, 1, 7, 8, 9, 24])
            {
                data.Add(name, size);
            }
        }
        return data;
    }

    [Fact]
    public void CostTable_IsWhatBothEnginesCharge()
    {
        var free = Names(Document.Split('\n').Single(line => line.EndsWith("| 0 |", StringComparison.Ordinal)));
        Assert.All(
            Enum.GetValues<Opcode>(),
            opcode =>
            {
                var cost = free.Contains(NameOf(opcode)) ? 0 : 1;
                Assert.Equal(cost, OpcodeTable.CostOf(opcode));
                Assert.Equal(cost, FuelTable.CostOf(opcode));
            }
        );
    }

    [Fact]
    public void InstructionsThatCut_AreThoseThatEndPieces()
    {
        var from = Document.IndexOf("An instruction *cuts*", StringComparison.Ordinal);
        var cutting = Names(Document[from..Document.IndexOf("that is not", from, StringComparison.Ordinal)]);
        Assert.All(
            Enum.GetValues<Opcode>(),
            opcode =>
            {
                Assert.Equal(cutting.Contains(NameOf(opcode)), FuelSegments.Cuts(opcode));
                Assert.Equal(cutting.Contains(NameOf(opcode)), FuelTable.Cuts(opcode));
            }
        );
    }

    [Fact]
    public void GreatestCostOfJoinedPieces_IsThatOfBothEngines() =>
        Assert.Equal(
            (EnginePolicy.JoinedFuelMax, EnginePolicy.JoinedFuelMax),
            (Number(@"at most (\d+) in sum"), (int)FuelTable.JoinedFuelMax)
        );

    [Theory]
    [MemberData(nameof(Bulk))]
    public async Task BulkInstruction_CostsOnTopWhatTheTableSays(string name, int size)
    {
        var unit = Number($@"`{Regex.Escape(name)}`[^|]*\| (\d+) (?:bytes|element)");
        var expected = 4 + ((size + unit - 1) / unit);
        var module = new TestModule().Memory(1).Table(64, 100).PassiveData(new byte[64]).PassiveElements([.. new int[64]]);
        var code = name switch
        {
            "memory.fill" => Operands(size).Raw(0xFC, 11, 0),
            "memory.copy" => Operands(size).Raw(0xFC, 10, 0, 0),
            "memory.init" => Operands(size).Raw(0xFC, 8, 0, 0),
            "table.fill" => new Code().I32Const(0).RefNullFunc().I32Const(size).Raw(0xFC, 17, 0),
            "table.copy" => Operands(size).Raw(0xFC, 14, 0, 0),
            "table.init" => Operands(size).Raw(0xFC, 12, 0, 0),
            _ => new Code().Nop().RefNullFunc().I32Const(size).TableGrow(0).I32Const(0).I32Add().Drop(),
        };
        module.Function(module.Type([], []), "run", code);
        expected += name == "table.grow" ? 1 : 0;
        Assert.Equal(expected, (await Run(module, Limits())).Fuel);
        Assert.Equal(expected, Interpret(module, EnginePolicy.StackSlotsMax).Fuel);
    }

    [Fact]
    public void StackTable_IsWhatBothEnginesTake()
    {
        Assert.Equal(EnginePolicy.StackSlotsMax, Number(@"slots, at most (\d+)"));
        Assert.Equal((EnginePolicy.FrameSlots, EnginePolicy.FrameSlots), (Number(@"each frame \| (\d+)"), FuelTable.FrameSlots));
        Assert.Equal(EnginePolicy.HostFrameSlots, Number(@"before the frame \| (\d+)"));
        Assert.Equal(
            (EnginePolicy.BodyBytesPerFrameSlot, EnginePolicy.BodyBytesPerFrameSlot),
            (Number(@"divided by (\d+)"), FuelTable.BodyBytesPerSlot)
        );
    }

    [Theory]
    [InlineData(256 + 16, null)]
    [InlineData(256 + 15, TrapKind.CallStackExhausted)]
    [InlineData(255, TrapKind.CallStackExhausted)]
    public async Task LoopCountedByHand_TakesFiftyFuelAndSixteenSlots(int slots, TrapKind? trap)
    {
        var module = new TestModule();
        module.Function(
            module.Type([WasmType.I32], []),
            "run",
            new Code().Loop().LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End()
        );
        var fuel = trap is null ? 50 : 0;
        var outcome = await Run(module, Limits() with { StackSlotsMax = slots }, Value.FromI32(10));
        Assert.Equal((trap, fuel), (outcome.Trap, outcome.Fuel));
        Assert.Equal((trap, fuel), Interpret(module, slots, new ReferenceValue(WasmType.I32, 10)));
    }

    private static (TrapKind? Trap, long Fuel) Interpret(TestModule module, int slots, params ReadOnlySpan<ReferenceValue> arguments)
    {
        var run = new ReferenceRun(
            new ReferenceLimits
            {
                FuelMax = Plenty,
                MemoryPagesMax = 64,
                TableElementsMax = 1_000,
                StackSlotsMax = slots,
            }
        );
        try
        {
            var decoded = ReferenceModule.Decode(module.ToBytes(), EngineLimits.Default);
            ReferenceInstance.Instantiate(decoded, new ReferenceImports(), run).Invoke("run", arguments);
            return (null, run.FuelUsed);
        }
        catch (TrapException trap)
        {
            return (trap.Kind, run.FuelUsed);
        }
    }

    private static Code Operands(int size) => new Code().I32Const(0).I32Const(0).I32Const(size);

    private static int Number(string pattern) => int.Parse(Regex.Match(Document, pattern).Groups[1].Value, CultureInfo.InvariantCulture);

    private static HashSet<string> Names(string text) => [.. InBackticks().Matches(text).Select(match => match.Groups[1].Value)];

    /// <summary>The name in the text format of an instruction that belongs to no type: <c>BrIf</c> is <c>br_if</c>.</summary>
    private static string NameOf(Opcode opcode) => Capitals().Replace(opcode.ToString(), "_$1").TrimStart('_').ToLowerInvariant();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex InBackticks();

    [GeneratedRegex("([A-Z])")]
    private static partial Regex Capitals();
}
