using Marketplace.Engine.Runtime;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>Bulk instructions on more than one piece: one move as far as a guest can tell, and a limit ends them on the way.</summary>
public sealed class BulkTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const int Piece = BulkPieces.PieceBytes;
    private const int Elements = BulkPieces.PieceElements;
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] ThreeI32 = [WasmType.I32, WasmType.I32, WasmType.I32];

    [Theory]
    [InlineData("fill", 0, 0xAB, 0)]
    [InlineData("copy", 0, Piece, 0)]
    [InlineData("copy", Piece, 0, 3 * Piece)]
    [InlineData("init", 0, 0, 0)]
    public async Task Stop_EndsABulkInstructionAfterThePieceThatItIsIn(string name, int to, int second, int written)
    {
        var module = new TestModule().Memory(64);
        var stop = module.ImportFunction("host", "call", module.Type(None, None));
        module.PassiveData([.. Enumerable.Repeat((byte)0xAB, 3 * Piece)]);
        module.Function(
            module.Type(None, None),
            "run",
            Bulk(new Code().Call(stop).I32Const(to).I32Const(second).I32Const(3 * Piece), name)
        );
        var imports = new Imports().Add("host", "call", (Action<Instance>)(static instance => instance.Run.Stop = TrapKind.TimedOut));
        var run = new Run(Limits(), TimeProvider.System);

        var (trap, memory) = await OnGuestThread(() =>
        {
            using var instance = Instance.Instantiate(module.Compile(), imports, run);
            var bytes = instance.Memory.Span(0, 4 * Piece);
            if (name == "copy")
            {
                bytes.Slice(second, 3 * Piece).Fill(0xAB);
            }

            return (Assert.Throws<TrapException>(() => instance.Invoke("run")).Kind, bytes.ToArray());
        });

        Assert.Equal(TrapKind.TimedOut, trap);
        var expected = new byte[4 * Piece];
        if (name == "copy")
        {
            expected.AsSpan(second, 3 * Piece).Fill(0xAB);
        }

        expected.AsSpan(written, Piece).Fill(0xAB);
        Assert.True(expected.AsSpan().SequenceEqual(memory));
    }

    [Theory]
    [InlineData(0, 1, (3 * Piece) + 5)]
    [InlineData(1, 0, (3 * Piece) + 5)]
    [InlineData(Piece, 0, 3 * Piece)]
    [InlineData(0, Piece, 3 * Piece)]
    [InlineData(Piece - 3, 7, (2 * Piece) + 1)]
    [InlineData(7, Piece - 3, (2 * Piece) + 1)]
    [InlineData(2 * Piece, 0, 2 * Piece)]
    [InlineData(5, 3, Piece)]
    [InlineData(3, 5, Piece + 1)]
    [InlineData(9, 9, 3 * Piece)]
    public async Task LargeCopy_IsOneMoveWhereverItsRangesLie(int to, int from, int count)
    {
        var module = new TestModule().Memory(64);
        module.Function(module.Type(ThreeI32, None), "run", new Code().LocalGet(0).LocalGet(1).LocalGet(2).MemoryCopy());
        var before = new byte[4 * Piece];
        new Random(1).NextBytes(before);
        var run = new Run(Limits(), TimeProvider.System);

        var after = await OnGuestThread(() =>
        {
            using var instance = Instance.Instantiate(module.Compile(), new Imports(), run);
            before.CopyTo(instance.Memory.Span(0, 4 * Piece));
            instance.Invoke("run", Value.FromI32(to), Value.FromI32(from), Value.FromI32(count));
            return instance.Memory.Span(0, 4 * Piece).ToArray();
        });

        before.AsSpan(from, count).CopyTo(before.AsSpan(to));
        Assert.True(before.AsSpan().SequenceEqual(after));
    }

    [Theory]
    [InlineData(0, 1, (3 * Elements) + 5)]
    [InlineData(1, 0, (3 * Elements) + 5)]
    [InlineData(Elements, 0, 3 * Elements)]
    [InlineData(0, Elements, 3 * Elements)]
    [InlineData(7, 7, 2 * Elements)]
    public void LargeCopyOfReferences_IsOneMoveAndStopsAfterAPiece(int to, int from, int count)
    {
        var before = Enumerable.Range(0, 4 * Elements).Select(object? (number) => number).ToArray();
        var run = new Run(Limits(), TimeProvider.System);
        var (moved, stopped) = (before.ToArray(), before.ToArray());
        BulkPieces.Copy(moved.AsSpan(from, count), moved.AsSpan(to, count), run);
        run.Stop = TrapKind.Cancelled;
        Assert.Throws<TrapException>(() => BulkPieces.Copy(stopped.AsSpan(from, count), stopped.AsSpan(to, count), run));
        Assert.Throws<TrapException>(() => BulkPieces.Fill(stopped.AsSpan(), null, run));

        Assert.Equal(Elements, stopped.Count(element => element is null));
        before.AsSpan(from, count).CopyTo(before.AsSpan(to));
        Assert.Equal(before, moved);
    }

    private static Code Bulk(Code operands, string name) =>
        name switch
        {
            "fill" => operands.MemoryFill(),
            "copy" => operands.MemoryCopy(),
            _ => operands.Raw(0xFC, 0x08, 0, 0),
        };
}
