using System.Runtime.InteropServices;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// A filter of system calls (seccomp, in classic BPF) that a child puts on itself, all threads at once, for good:
/// https://docs.kernel.org/userspace-api/seccomp_filter.html. What the runtime needs to run guests is allowed by its number; everything
/// else answers "not permitted", among it opening files, sockets, other programs and other processes.
/// </summary>
internal static unsafe partial class SystemCallFilter
{
    /// <summary>Numbers of system calls differ by processor; these are of one.</summary>
    public static bool IsKnown => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private const uint ArchitectureX64 = 0xC000003E;

    // Offsets in seccomp_data.
    private const uint Number = 0;
    private const uint ArchitectureOf = 4;
    private const uint FirstArgument = 16;

    private const uint Allow = 0x7FFF0000;
    private const uint KillProcess = 0x80000000;
    private const uint Refuse = 0x00050000 | NotPermitted;
    private const uint NotThere = 0x00050000 | NotImplemented;
    private const uint NotPermitted = 1;
    private const uint NotImplemented = 38;

    // Instructions of classic BPF.
    private const ushort Load = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnyBit = 0x45;
    private const ushort Return = 0x06;

    /// <summary>Calls of x32, a second set of numbers for the same processor.</summary>
    private const uint SecondSet = 0x40000000;

    private const uint Clone = 56;
    private const uint Clone3 = 435;
    private const uint Prctl = 157;
    private const uint SetAffinity = 203;
    private const uint SignalThread = 234;
    private const uint ThreadFlag = 0x00010000;
    private const uint SetName = 15;

    /// <summary>
    /// What the runtime calls: reading and writing what is open, memory, threads and signals to them, clocks, chance, its end.
    /// </summary>
    private static readonly uint[] Allowed =
    [
        0, // read
        1, // write
        3, // close
        5, // fstat
        7, // poll
        8, // lseek
        9, // mmap
        10, // mprotect
        11, // munmap
        12, // brk
        13, // rt_sigaction
        14, // rt_sigprocmask
        15, // rt_sigreturn
        17, // pread64
        18, // pwrite64
        20, // writev
        24, // sched_yield
        25, // mremap
        28, // madvise
        35, // nanosleep
        39, // getpid
        60, // exit
        96, // gettimeofday
        97, // getrlimit
        98, // getrusage
        99, // sysinfo
        127, // rt_sigpending
        131, // sigaltstack
        186, // gettid
        202, // futex
        204, // sched_getaffinity
        218, // set_tid_address
        219, // restart_syscall
        228, // clock_gettime
        229, // clock_getres
        230, // clock_nanosleep
        231, // exit_group
        239, // get_mempolicy
        271, // ppoll
        273, // set_robust_list
        293, // pipe2: the runtime makes one for each new thread
        309, // getcpu
        318, // getrandom
        324, // membarrier
        334, // rseq
        449, // futex_waitv
    ];

    /// <exception cref="InvalidOperationException">The system refused; nothing is filtered.</exception>
    public static void Install()
    {
        if (!IsKnown)
        {
            throw new InvalidOperationException("No filter of system calls is known for this system.");
        }
        const nint Seccomp = 317;
        const nint SetFilter = 1;
        const nint AllThreads = 1;
        var program = Program();
        fixed (Instruction* instructions = program)
        {
            var description = new Description { Count = (ushort)program.Length, Instructions = instructions };
            if (Linux.prctl(Linux.NoNewPrivileges, 1, 0, 0, 0) != 0)
            {
                throw new InvalidOperationException($"prctl(PR_SET_NO_NEW_PRIVS): {Linux.ErrorText(Linux.LastError)}.");
            }
            // Above zero it is the thread that could not be reached.
            if (Linux.syscall(Seccomp, SetFilter, AllThreads, (nint)(&description), 0) is not 0 and var answer)
            {
                throw new InvalidOperationException(
                    answer > 0 ? $"seccomp: thread {answer} has another filter." : $"seccomp: {Linux.ErrorText(Linux.LastError)}."
                );
            }
        }
    }

    private static Instruction[] Program()
    {
        List<Instruction> program =
        [
            new(Load, ArchitectureOf),
            new(JumpIfEqual, ArchitectureX64, IfTrue: 1),
            new(Return, KillProcess),
            new(Load, Number),
            new(JumpIfAtLeast, SecondSet, IfFalse: 1),
            new(Return, KillProcess),
        ];
        foreach (var number in Allowed)
        {
            program.Add(new(JumpIfEqual, number, IfFalse: 1));
            program.Add(new(Return, Allow));
        }
        // A new thread, but no new process; its flags are the first argument. The flags of clone3 are behind a pointer, where a filter sees
        // nothing: the C library then takes clone.
        program.AddRange([
            new(JumpIfEqual, Clone3, IfFalse: 1),
            new(Return, NotThere),
            new(JumpIfEqual, Clone, IfFalse: 4),
            new(Load, FirstArgument),
            new(JumpIfAnyBit, ThreadFlag, IfFalse: 1),
            new(Return, Allow),
            new(Return, Refuse),
            // The runtime signals threads of its own; those of other processes, the parent's among them, it may not.
            new(JumpIfEqual, SignalThread, IfFalse: 4),
            new(Load, FirstArgument),
            new(JumpIfEqual, (uint)Environment.ProcessId, IfFalse: 1),
            new(Return, Allow),
            new(Return, Refuse),
            // Each new thread of the runtime sets its own processors, which it calls 0; those of other processes it may not.
            new(JumpIfEqual, SetAffinity, IfFalse: 4),
            new(Load, FirstArgument),
            new(JumpIfEqual, 0, IfFalse: 1),
            new(Return, Allow),
            new(Return, Refuse),
            // Of all that prctl does, a thread's name.
            new(JumpIfEqual, Prctl, IfFalse: 3),
            new(Load, FirstArgument),
            new(JumpIfEqual, SetName, IfFalse: 1),
            new(Return, Allow),
            new(Return, Refuse),
        ]);
        return [.. program];
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(ushort code, uint operand, byte IfTrue = 0, byte IfFalse = 0)
    {
        private readonly ushort _code = code;
        private readonly byte _ifTrue = IfTrue;
        private readonly byte _ifFalse = IfFalse;
        private readonly uint _operand = operand;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Description
    {
        public ushort Count;
        public Instruction* Instructions;
    }
}
