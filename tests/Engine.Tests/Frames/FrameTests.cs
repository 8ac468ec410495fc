using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Frames;

/// <summary>
/// The slots of a frame bound its native size, whatever the machine-code compiler of the day makes of it. A sample of what <c>verify
/// frames</c> measures, where the most was: a new runtime that makes larger frames fails here.
/// </summary>
public sealed class FrameTests(GuestThreadsFixture guests, ITestOutputHelper output) : EngineTest(guests)
{
    /// <summary>Enough that the function is not optimised.</summary>
    private const int Many = 3_000;

    public static TheoryData<string> Dense =>
        [
            "I64TruncF64U and F64ConvertI64U, chained",
            "I64TruncF64S and F64ConvertI64S, chained",
            "I32TruncF32S and F32ConvertI32S, chained",
            "I8x16Popcnt, chained",
            "I16x8Q15mulrSatS, chained",
            "I32x4DotI16x8S, chained",
            "F32x4Sqrt, kept",
            "call I32, chained",
            "call_indirect I32, kept",
            "memory.grow, chained",
            "I32Load, chained",
        ];

    [Theory]
    [MemberData(nameof(Dense))]
    public async Task FrameOfManyInstructions_TakesNoMoreThanItsSlotsAllow(string name)
    {
        var frame = FrameCase.All.Single(frame => frame.Name == name);
        foreach (var repetitions in (int[])[3, 5, 20, 300, 600, Many])
        {
            var size = await OnGuestThread(() => FrameSurvey.Measure(frame, repetitions));
            output.WriteLine(size.ToString());
            Assert.True(size.BytesPerSlot <= EnginePolicy.FrameBytesPerSlotMax, size.ToString());
        }
    }

    /// <summary>
    /// The machine-code compiler recurses over expressions: one instruction that hides how deep they are is enough to use up any stack.
    /// </summary>
    [Fact]
    public void NoInstruction_MakesAnExpressionWithoutEnd()
    {
        // What is in a local is no expression.
        var chains = FrameCase
            .All.Where(frame =>
                frame.Name.EndsWith("chained", StringComparison.Ordinal) && !frame.Name.StartsWith("local.tee", StringComparison.Ordinal)
            )
            .Select(AboveAnother)
            .ToArray();
        Assert.True(chains.Length > 100);
        Assert.All(chains, frame => Assert.True(LocalsOf(frame, 40) > LocalsOf(frame, 0), $"{frame.Name}: 40 of them are one expression."));

        // A place for an operand that waits is a local.
        static int LocalsOf(FrameCase frame, int repetitions) =>
            ModuleEmitter
                .Measure(WasmModule.Decode(FrameModule.Of(frame, repetitions).ToBytes(), EngineLimits.Default).Content)[0]
                .LocalCount;

        // At a height where nothing else waits.
        static FrameCase AboveAnother(FrameCase frame) =>
            frame with
            {
                Before = code => frame.Before(code.I32Const(0)),
                After = code =>
                {
                    frame.After(code);
                    code.Drop();
                },
            };
    }
}
