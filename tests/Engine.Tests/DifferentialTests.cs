using Marketplace.Engine.Decode;
using Marketplace.Engine.Interpret;
using Marketplace.Reference.Comparison;
using Marketplace.Reference.Generation;
using Marketplace.Reference.Numerics;

namespace Marketplace.Engine.Tests;

/// <summary>The engine and the interpreter agree on modules that chance made: results, memory, globals, tables, traps and fuel.</summary>
public sealed class DifferentialTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const int GroupSize = 50;

    /// <summary>How many modules may pass before a wrong operator must be seen.</summary>
    private const int ModulesMax = 60;

    public static TheoryData<int> Groups() => [.. Enumerable.Range(0, 10)];

    [Theory]
    [MemberData(nameof(Groups))]
    public async Task FiftyModules_AgreeInBothEngines(int group)
    {
        for (var seed = group * GroupSize; seed < (group + 1) * GroupSize; seed++)
        {
            var module = ModuleGenerator.Generate((ulong)seed, new GeneratorOptions { Portable = seed % 2 == 0 });
            Assert.True(WasmModule.Decode(module.Bytes, EngineLimits.Default).Exports.Count > 20);
            var comparison = await OnGuestThread(() => Differential.OfEngineAndInterpreter(module));
            Assert.True(comparison.Difference is null, $"{module.Name}: {comparison.Difference}");
        }
    }

    [Theory]
    [InlineData(nameof(Opcode.I32Rotl))]
    [InlineData(nameof(Opcode.I64ShrS))]
    [InlineData(nameof(Opcode.F32Min))]
    [InlineData(nameof(Opcode.F64Le))]
    public async Task WrongOperatorInTheInterpreter_IsFound(string name)
    {
        var opcode = Enum.Parse<Opcode>(name);
        var right = NumericTable.Default.Binary(opcode)!;
        var wrong = NumericTable.With(opcode, (a, b) => right(a, b) ^ 1);
        for (ulong seed = 0; seed < ModulesMax; seed++)
        {
            var module = ModuleGenerator.Generate(seed, new GeneratorOptions());
            var comparison = await OnGuestThread(() =>
            {
                using var engine = new CompilingEngine(module, Tiers.CompiledOnly);
                using var interpreter = new InterpretingEngine(module, wrong);
                return Differential.Compare(module, engine, interpreter);
            });
            if (comparison.Difference is not null)
            {
                return;
            }
        }
        Assert.Fail($"A wrong {name} went unnoticed in {ModulesMax} modules.");
    }

    [Theory]
    [InlineData(Distortion.Fuel)]
    [InlineData(Distortion.Trap)]
    [InlineData(Distortion.Result)]
    [InlineData(Distortion.Memory)]
    [InlineData(Distortion.Global)]
    public async Task EachPartOfTheOutcome_IsCompared(Distortion distortion)
    {
        var module = ModuleGenerator.Generate(1, new GeneratorOptions());
        var comparison = await OnGuestThread(() =>
        {
            using var right = new InterpretingEngine(module);
            using var wrong = new DistortingEngine(new InterpretingEngine(module), distortion);
            return Differential.Compare(module, right, wrong);
        });
        Assert.NotNull(comparison.Difference);
    }

    /// <summary>Else the engines agree on nothing but machine code.</summary>
    [Fact]
    public void GeneratedFunctions_AreOftenOnesThatTheFirstTierInterprets()
    {
        var (interpreted, all) = (0, 0);
        for (ulong seed = 0; seed < 20; seed++)
        {
            var bytes = ModuleGenerator.Generate(seed, new GeneratorOptions { Portable = seed % 2 == 0 }).Bytes;
            var content = WasmModule.Decode(bytes, EngineLimits.Default).Content;
            all += content.Bodies.Count;
            interpreted += Enumerable
                .Range(content.ImportedFunctions, content.Bodies.Count)
                .Count(function => !Translator.Translate(content, function, TestTiers.InterpretedOnly).IsCompiled);
        }

        Assert.InRange(interpreted, all * 2 / 5, all * 4 / 5);
    }

    [Fact]
    public void Generator_GivesTheSameModuleAgain() =>
        Assert.Equal(ModuleGenerator.Generate(7, new GeneratorOptions()).Bytes, ModuleGenerator.Generate(7, new GeneratorOptions()).Bytes);

    public enum Distortion
    {
        Fuel,
        Trap,
        Result,
        Memory,
        Global,
    }

    private sealed class DistortingEngine(InterpretingEngine inner, Distortion distortion) : IEngineUnderTest
    {
        public CallOutcome Begin() => Distort(inner.Begin());

        public CallOutcome Call(GeneratedCall call) => Distort(inner.Call(call));

        public State State()
        {
            var state = inner.State();
            if (distortion == Distortion.Memory)
            {
                state.Memory[^1] ^= 0x80;
            }
            return distortion == Distortion.Global
                ? state with
                {
                    Values = state.Values.Replace("g0=", "g0=1", StringComparison.Ordinal),
                }
                : state;
        }

        public void Dispose() => inner.Dispose();

        private CallOutcome Distort(CallOutcome outcome) =>
            distortion switch
            {
                Distortion.Fuel => outcome with { Fuel = outcome.Fuel + 1 },
                Distortion.Trap => outcome with { End = nameof(TrapKind.Unreachable) },
                Distortion.Result => outcome with { Results = outcome.Results + "0" },
                _ => outcome,
            };
    }
}
