namespace Marketplace.Engine;

/// <summary>The engine's own numbers, which no module or run changes.</summary>
public static class EnginePolicy
{
    public const int PageBytes = 65_536;

    /// <summary>The whole 32-bit address space.</summary>
    public const int MemoryPagesMax = 65_536;

    /// <summary>Of all tables of a run together; 8 bytes each, and as much again where they grow, so 16 MB at most.</summary>
    public const int TableElementsMax = 1_000_000;

    /// <summary>
    /// Slots of 8 bytes that nested calls may use: 4 MiB, about 20,000 frames of a small function. It is the same on every
    /// machine because exhaustion is a result like any other.
    /// </summary>
    public const int StackSlotsMax = 512 * 1024;

    /// <summary>Slots that every frame costs beyond its own: return address, saved registers, context, alignment.</summary>
    public const int FrameSlots = 12;

    /// <summary>
    /// A slot for so many bytes of body, because the machine-code compiler keeps temporaries in the frame: in its quick mode,
    /// which it uses for very large bodies, about one for each call.
    /// </summary>
    public const int BodyBytesPerFrameSlot = 8;

    /// <summary>Bytes of a function's name where a trap says it: longer ones are mangled types, which no person reads to the end.</summary>
    public const int FunctionNameBytesMax = 200;

    /// <summary>
    /// Slots for each vector instruction that is more than a move. Where it becomes calls (without optimisation, in very long functions,
    /// on processors without vector instructions), the machine-code compiler keeps a place of 16 bytes for the result of each; there
    /// are at most four.
    /// </summary>
    public const int VectorFrameSlots = 2;

    /// <summary>
    /// Slots for each instruction that reads or writes a vector local: where a NaN in it must become the canonical one, that is such a
    /// call.
    /// </summary>
    public const int VectorLocalFrameSlots = 2;

    /// <summary>
    /// Slots for each unsigned truncation of a float to 64 bits. Without AVX-512 its machine code keeps 21 bytes in the frame where it
    /// stands in hundreds, and the instruction has one byte.
    /// </summary>
    public const int UnsignedTruncationFrameSlots = 1;

    /// <summary>
    /// Slots once for a function that any instruction makes pay for vectors. Where the processor has no vector instructions, RyuJIT copies
    /// .NET's portable code for them into functions that it optimises until they have 512 locals, which five instructions come to: 3.9 KB
    /// of frame.
    /// </summary>
    public const int VectorFunctionSlots = 64;

    /// <summary>Slots that each entry from the host costs: the host's own frames when a host function calls the guest again.</summary>
    public const int HostFrameSlots = 256;

    /// <summary>
    /// Frames of so many slots compare their address with the thread's stack when they begin; below it the slots alone are proof. The
    /// functions whose calls are most of their time are smaller.
    /// </summary>
    public const int CheckedFrameSlots = 64;

    /// <summary>Frames of so many slots are entered through a guard that looks at the stack before they are made.</summary>
    public const int LargeFrameSlots = 1_024;

    /// <summary>
    /// Native stack for each slot. The most that was measured, over all instructions, sizes of functions and instruction sets of the
    /// processor, is in RATIONALE.md ("Why the frame's cost counts bytes of the body"); a test measures it again.
    /// </summary>
    public const int FrameBytesPerSlotMax = 64;

    /// <summary>
    /// Stack below what the slots may take: for the largest frame that the limits of modules allow (some 8 MiB), for the host's functions,
    /// and for the runtime where it throws.
    /// </summary>
    public const int StackReserveBytes = 16 << 20;

    /// <summary>Stack of a guest thread, of which only what was touched takes memory.</summary>
    public const int GuestStackBytes = (FrameBytesPerSlotMax * StackSlotsMax) + StackReserveBytes;

    /// <summary>
    /// Stack of a thread that makes machine code: the compiler recurses over expressions, which the emitter keeps shallow, and over blocks.
    /// </summary>
    public const int CompilerStackBytes = 32 << 20;

    /// <summary>
    /// Compiler threads of all guest threads together that finish alone what a stopped guest wanted, while the next guest runs. Each holds
    /// a core and up to 270 MB until its one function is done, 12 s at most. More than these only delay the next guest of their own thread,
    /// by as much.
    /// </summary>
    public const int AbandonedCompilersMax = 2;

    /// <summary>
    /// What machine code may take for one run, whatever its modules' size. The functions of a JavaScript interpreter that a small script
    /// calls take 0.6 s, all functions of a database 2 s, the tenth that usual programs run of a module of 23 MiB (PHP) 6 s; and a machine
    /// may be four times slower. A hostile module holds a core for so long, and for the one function (at most 5 s) that is being compiled
    /// when the time is over.
    /// </summary>
    public static readonly TimeSpan CompilationTimeMax = TimeSpan.FromSeconds(30);

    /// <summary>
    /// IL that may be made for one run, which takes about five times its bytes in memory: that of 8 MiB of usual code. The tenth that usual
    /// programs run of 23 MiB (PHP) and what that calls need half of it; instructions of a few bytes that become thirty times as much need
    /// it all for 1 MiB.
    /// </summary>
    public const long CodeBytesMax = 32L << 20;

    /// <summary>
    /// What of a function is interpreted before machine code is made of it, about in units of fuel: what takes as long as making it. The
    /// interpreter takes 2 to 5 ns for an instruction, machine code of a short function 0.4 ms.
    /// </summary>
    public const int InterpretedFuelMin = 50_000;

    /// <summary>And for each byte of its body: 1 to 2 us.</summary>
    public const int InterpretedFuelPerByte = 200;

    /// <summary>And for each local, which code that goes on at a loop's head loads: 2 to 3 us.</summary>
    public const int InterpretedFuelPerLocal = 500;

    /// <summary>
    /// Interpreters that machine code enters within each other before it has functions compiled instead: each takes some KB of the thread's
    /// stack that no slot pays for, out of the reserve.
    /// </summary>
    public const int InterpretersMax = 64;

    /// <summary>
    /// What machine code may take for a MiB of a module: the worst measured is 9 s. A run's clock stands still while machine code is made,
    /// for no longer than that of its own modules can take.
    /// </summary>
    public static readonly TimeSpan CompilationTimePerMiB = TimeSpan.FromSeconds(10);

    /// <summary>The same for the smallest module.</summary>
    public static readonly TimeSpan CompilationTimeMin = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Fuel granted at once. A refill looks at cancellation and deadline; a million instructions take about a
    /// millisecond and never more than some tens, so a guest in a loop stops before a person notices the wait.
    /// </summary>
    public const long FuelSlice = 1_000_000;

    /// <summary>
    /// What a segment charges, beyond its first piece, for code that may be jumped over. Measured: up to 32 JSON parsing pays ever less for
    /// its metering (24 % at 0, 13 % at 16, 9 % at 32), and 64 gains nothing more.
    /// </summary>
    public const int JoinedFuelMax = 32;

    /// <summary>Bytes that memory.copy, memory.fill and memory.init move for one unit of fuel.</summary>
    public const int BulkBytesPerFuel = 8;

    /// <summary>Above this a used memory is given back to the system and comes back zeroed; below it clearing is quicker.</summary>
    public const int ClearBytesMax = 256 * 1024;

    /// <summary>Reservations kept for the next runs, for each size; more are unmapped.</summary>
    public const int PooledMemoriesMax = 64;

    // RyuJIT compiles a method without optimisation above any of these: https://github.com/dotnet/runtime, jit/compiler.h,
    // DEFAULT_MIN_OPTS_*.
    public const int OptimisedCodeBytesMax = 60_000;
    public const int OptimisedInstructionsMax = 20_000;
    public const int OptimisedBlocksMax = 2_000;
    public const int OptimisedLocalsMax = 2_000;

    /// <summary>What a frame takes from the stack budget (FUEL.md, "Stack").</summary>
    internal static int FrameSlotsOf(int bodyBytes, int locals, int operands, int instructions) =>
        FrameSlots + locals + operands + instructions + (bodyBytes / BodyBytesPerFrameSlot);
}
