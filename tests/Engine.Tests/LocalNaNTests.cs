using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>
/// A local that holds a NaN of the guest's own making here and one of arithmetic there: its bits stay in the one case and are canonical in
/// the other, whatever way led to the read. Local 0 is a flag, 1 a NaN of the guest's, 2 is zero; 3 is what is looked at.
/// </summary>
public sealed class LocalNaNTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const long Canonical = 0x7FF8_0000_0000_0000;
    private const long Odd = unchecked((long)0xFFF4_0000_0000_1234);

    [Theory]
    [InlineData(0, Odd)]
    [InlineData(1, Canonical)]
    public Task ArmsOfAnIf_ThatGiveEitherKind(int flag, long bits) =>
        Gives(bits, flag, code => Given(Made(code.LocalGet(0).If()).Else()).End());

    [Theory]
    [InlineData(0, Odd)]
    [InlineData(1, Canonical)]
    public Task IfWithoutElse_AroundArithmetic(int flag, long bits) => Gives(bits, flag, code => Made(Given(code).LocalGet(0).If()).End());

    [Theory]
    [InlineData(0, Canonical)]
    [InlineData(1, Odd)]
    public Task BranchAroundArithmetic(int flag, long bits) =>
        Gives(bits, flag, code => Made(Given(code).Block().LocalGet(0).BrIf(0)).End());

    [Theory]
    [InlineData(0, Canonical)]
    [InlineData(1, Odd)]
    public Task TableOfBranchesAroundArithmetic(int flag, long bits) =>
        Gives(bits, flag, code => Made(Given(code).Block().Block().LocalGet(0).BrTable([0], 1).End()).End());

    [Fact]
    public Task ArithmeticThatNobodyComesTo() => Gives(Odd, 0, code => Made(Given(code).Block().Br(0)).End());

    [Fact]
    public Task GivenBehindALoopOfArithmetic() => Gives(Odd, 0, code => Given(Made(code.Loop()).LocalGet(0).BrIf(0).End()));

    [Fact]
    public Task ArithmeticBehindWhatWasGiven() => Gives(Canonical, 0, code => Made(Given(code)));

    [Theory]
    [InlineData(0, Odd)]
    [InlineData(1, Canonical)]
    public Task LoopThatComesBackWithTheOtherKind(int flag, long bits) =>
        Gives(bits, flag, code => TurnTwice(Made(Keep(Given(code).Loop()))).LocalGet(5).LocalSet(3));

    [Theory]
    [InlineData(0, Odd)]
    [InlineData(1, Canonical)]
    public Task LoopAroundALoopThatWritesTheOtherKind(int flag, long bits) =>
        Gives(bits, flag, code => TurnTwice(Made(Keep(Given(code).Loop()).Loop()).End()).LocalGet(5).LocalSet(3));

    [Theory]
    [InlineData(0, Odd)]
    [InlineData(1, Canonical)]
    public Task ReadsThatSeeOneKindEach(int flag, long bits) =>
        Gives(bits, flag, code => Keep(Given(Keep(Made(code.LocalGet(0).If())).Else())).End().LocalGet(5).LocalSet(3));

    [Fact]
    public Task MoreLocalsOfBothKinds_ThanAreFollowed() =>
        Gives(
            Canonical,
            0,
            code =>
            {
                for (var local = 6; local < 90; local++)
                {
                    code.LocalGet(1).LocalSet(local).LocalGet(2).LocalGet(2).Raw(Divide).LocalSet(local);
                }
                code.LocalGet(89).LocalSet(3);
            }
        );

    private const byte Divide = 0xA3,
        Bits = 0xBD,
        FromBits = 0xBF;

    private static Code Given(Code code) => code.LocalGet(1).LocalSet(3);

    /// <summary>0 / 0, which processors give a sign.</summary>
    private static Code Made(Code code) => code.LocalGet(2).LocalGet(2).Raw(Divide).LocalSet(3);

    /// <summary>Looks at the bits now.</summary>
    private static Code Keep(Code code) => code.LocalGet(3).Raw(Bits).Raw(FromBits).LocalSet(5);

    /// <summary>Ends a loop that comes back once, if the flag is set.</summary>
    private static Code TurnTwice(Code code) => code.LocalGet(0).I32Const(0).LocalSet(0).BrIf(0).End();

    private async Task Gives(long bits, int flag, Action<Code> body)
    {
        var module = new TestModule();
        var code = new Code();
        body(code);
        module.Function(
            module.Type([WasmType.I32, WasmType.F64, WasmType.F64], [WasmType.I64]),
            "run",
            code.LocalGet(3).Raw(Bits),
            (100, WasmType.F64)
        );
        var outcome = await Run(module, Limits(), Value.FromI32(flag), Value.FromBits(WasmType.F64, Odd), Value.FromF64(0));
        Assert.Equal([Value.FromI64(bits)], outcome.Results);
    }
}
