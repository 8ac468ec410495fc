using System.Runtime.CompilerServices;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// Moves of any size that a limit can end: larger ones are done in pieces, with a look at the run between two of them. They are checked and
/// paid for before the first piece. A guest that is stopped on the way never sees its memory again, so nothing is undone.
/// </summary>
internal static unsafe class BulkPieces
{
    /// <summary>A millisecond or two, also where the system must give each page first.</summary>
    public const int PieceBytes = 1 << 20;

    /// <summary>Of references, each of which is told to the garbage collector.</summary>
    public const int PieceElements = 1 << 16;

    public static void Fill(byte* to, byte value, uint count, Run run)
    {
        for (; count > PieceBytes; to += PieceBytes, count -= PieceBytes)
        {
            Unsafe.InitBlockUnaligned(to, value, PieceBytes);
            run.ThrowIfStopped();
        }

        Unsafe.InitBlockUnaligned(to, value, count);
    }

    /// <summary>As one move: where the ranges overlap, no piece is written over before it was read.</summary>
    public static void Copy(byte* from, byte* to, uint count, Run run)
    {
        if (to > from && to < from + count)
        {
            for (; count > PieceBytes; run.ThrowIfStopped())
            {
                count -= PieceBytes;
                Buffer.MemoryCopy(from + count, to + count, PieceBytes, PieceBytes);
            }
        }

        for (; count > PieceBytes; from += PieceBytes, to += PieceBytes, count -= PieceBytes)
        {
            Buffer.MemoryCopy(from, to, PieceBytes, PieceBytes);
            run.ThrowIfStopped();
        }

        Buffer.MemoryCopy(from, to, count, count);
    }

    public static void Fill(Span<object?> to, object? value, Run run)
    {
        for (; to.Length > PieceElements; to = to[PieceElements..])
        {
            to[..PieceElements].Fill(value);
            run.ThrowIfStopped();
        }

        to.Fill(value);
    }

    /// <inheritdoc cref="Copy(byte*, byte*, uint, Run)"/>
    public static void Copy(ReadOnlySpan<object?> from, Span<object?> to, Run run)
    {
        if (from.Overlaps(to, out var distance) && distance > 0)
        {
            for (; from.Length > PieceElements; from = from[..^PieceElements], to = to[..^PieceElements])
            {
                from[^PieceElements..].CopyTo(to[^PieceElements..]);
                run.ThrowIfStopped();
            }
        }

        for (; from.Length > PieceElements; from = from[PieceElements..], to = to[PieceElements..])
        {
            from[..PieceElements].CopyTo(to);
            run.ThrowIfStopped();
        }

        from.CopyTo(to);
    }
}
