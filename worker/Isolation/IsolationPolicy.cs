using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>Bounds of the children that run guests, each with its reason. A child is believed no more than its guest.</summary>
internal static class IsolationPolicy
{
    /// <summary>What a child may take to start, on a busy machine: usually 0.5 s.</summary>
    public static readonly TimeSpan StartTimeMax = TimeSpan.FromSeconds(30);

    /// <summary>What a child may take to decode and validate a module: 20 ms a MiB, on a busy machine ten times as long.</summary>
    public static readonly TimeSpan LoadTimeMax = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What a child may take beyond the time of its run, in which the engine ends every guest, before it is killed: its answer has to be
    /// sent, and the machine may be busy.
    /// </summary>
    public static readonly TimeSpan AnswerGrace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The longest time that a job can have. A timer takes no longer one than 49 days; and what a child is given beyond, it would only hold
    /// a slot with.
    /// </summary>
    public static readonly TimeSpan RunTimeMax = TimeSpan.FromDays(7);

    /// <summary>Starts of a child for one job, before it fails: the machine may lack memory or processes for a moment.</summary>
    public const int StartAttemptsMax = 3;

    /// <summary>Children that are started before a job needs one: the next is on its way while one is taken.</summary>
    public const int ChildrenAhead = 1;

    /// <summary>
    /// Children per slot that wait with a module loaded, so that jobs of a few programs that take turns find theirs. Each has about 50 MB.
    /// </summary>
    public const int IdleChildrenPerSlot = 2;

    /// <summary>All that wait so, on a worker with many slots: 2 GB and more.</summary>
    public const int IdleChildrenMax = 40;

    /// <summary>Text of a child that is believed: a reason, or why a module is not valid. The market cuts it far shorter.</summary>
    public const int TextBytesMax = 8 << 10;

    /// <summary>What a child writes to its standard error that is kept for the log: the runtime's last words.</summary>
    public const int LastWordsBytesMax = 1 << 10;

    /// <summary>Frames other than results: the largest is the state that a run would write, with the length of each part.</summary>
    public const int AskBytesMax = GuestPolicy.StateWriteBytesMax + (GuestPolicy.StateWritesMax * PartBytes) + FrameHeadBytes;

    /// <summary>A result: output, files, log, state, reason, each of its greatest size, with the lengths of their parts.</summary>
    public const int ResultBytesMax =
        JobLimits.OutputBytesMax
        + GuestPolicy.FileBytesMax
        + (GuestPolicy.OutputFilesMax * (GuestPolicy.FileNameBytesMax + PartBytes))
        + JobLimits.LogBytesMax
        + AskBytesMax
        + TextBytesMax
        + FrameHeadBytes;

    /// <summary>Files that a child has open: its pipes, the runtime's, and a pipe for each thread, of which it has some 20.</summary>
    public const int FilesMax = 250;

    /// <summary>What a frame allocates before its bytes have arrived.</summary>
    public const int TrustedBytes = 64 << 10;

    /// <summary>Traffic of a run beyond which the child collects its garbage before the next.</summary>
    public const int LightRunBytes = 4 << 20;

    /// <summary>
    /// Managed heap of a child: an input, files before and after, and output, each of its greatest size, copied as they grow, beside a
    /// module of the greatest size with what is read from it.
    /// </summary>
    public const long HeapBytesMax = 1L << 30;

    /// <summary>
    /// What a child may have beside heap and guest memory: threads' stacks, machine code and what its making takes.
    /// </summary>
    public const long NativeBytesMax =
        EnginePolicy.GuestStackBytes
        + ((1 + EnginePolicy.AbandonedCompilersMax) * (EnginePolicy.CompilerStackBytes + CompilationBytes))
        + (5 * EnginePolicy.CodeBytesMax)
        + RuntimeBytes;

    /// <summary>
    /// What making the machine code of one function takes at most, as <see cref="EnginePolicy.AbandonedCompilersMax"/> says.
    /// </summary>
    private const long CompilationBytes = 270L << 20;

    /// <summary>The runtime itself, which has 60 MB of its own, and room for its pools.</summary>
    private const long RuntimeBytes = 192L << 20;

    /// <summary>Lengths and marks of one part of a frame.</summary>
    private const int PartBytes = 16;

    /// <summary>Fields of fixed size in a frame.</summary>
    private const int FrameHeadBytes = 320;

    /// <summary>
    /// What the system lets a child of this guest memory have in all. Guest memory counts twice, because the engine keeps reservations of
    /// each power of two for the next run.
    /// </summary>
    public static long MemoryBytesMax(int pagesMax) => HeapBytesMax + NativeBytesMax + (2L * pagesMax * EnginePolicy.PageBytes);

    /// <summary>When a child that has not answered is killed.</summary>
    public static TimeSpan RunLimit(TimeSpan timeMax) =>
        (timeMax < RunTimeMax ? timeMax : RunTimeMax) + EnginePolicy.CompilationTimeMax + AnswerGrace;

    /// <summary>
    /// Questions that a run of this fuel can pay for: one look-up is at most two, the size of a blob and its bytes. A child that asks more
    /// is not held by the engine any more.
    /// </summary>
    public static long AsksMax(long fuelMax) => 2 * (fuelMax / GuestPolicy.FuelPerLookup);

    /// <summary>The largest frame of a kind that a parent takes from a child; below zero: none.</summary>
    public static int BytesMax(FrameKind kind) =>
        kind switch
        {
            FrameKind.Ready => FrameHeadBytes,
            FrameKind.Loaded => 0,
            FrameKind.Invalid or FrameKind.Failed => TextBytesMax + FrameHeadBytes,
            FrameKind.Abandoned => sizeof(long),
            FrameKind.Progress => 2 * sizeof(long),
            FrameKind.Result => ResultBytesMax,
            FrameKind.AskState or FrameKind.AskList => GuestPolicy.StateKeyBytesMax,
            FrameKind.AskRoot => AskBytesMax,
            FrameKind.AskBlobSize or FrameKind.AskBlob => Bytes32.Size,
            _ => -1,
        };
}
