using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// A process that inherits nothing but a pair of sockets, for requests (0) and answers (1), and two pipes: its last words (2), and which
/// run is cancelled (3). It has a session of its own, so no terminal and no signal of one reaches it. Linux only. Disposing of it kills it
/// and waits for its end.
/// </summary>
internal sealed unsafe class ChildProcess : IChildProcess
{
    private const int DuplicateCloseOnExec = 1030;

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _process;
    private readonly SafeFileHandle _link;
    private bool _isDisposed;

    private ChildProcess(int id, SafeFileHandle process, Pipe link, Pipe lastWords, Pipe cancels)
    {
        Id = id;
        _process = process;
        (_link, LastWords, Cancels) = (link.Parent, lastWords.Parent, cancels.Parent);
    }

    public int Id { get; }

    public SafeFileHandle Requests => _link;

    public SafeFileHandle Answers => _link;

    private SafeFileHandle Cancels { get; }

    private SafeFileHandle LastWords { get; }

    /// <summary>
    /// Starts a program. The thread must live as long as the child: the system ends the child with the thread that started it.
    /// </summary>
    /// <param name="command">The whole path of a program, and its arguments.</param>
    /// <param name="environment">All of its environment, each <c>NAME=value</c>.</param>
    /// <exception cref="ChildFaultException">The system refused.</exception>
    public static ChildProcess Start(IReadOnlyList<string> command, IReadOnlyList<string> environment)
    {
        List<Pipe> pipes = [];
        try
        {
            pipes.Add(Pipe.OpenLink());
            pipes.Add(Pipe.Open(childReads: false));
            pipes.Add(Pipe.Open(childReads: true));
            var (link, lastWords, cancels) = (pipes[0], pipes[1], pipes[2]);
            MakeNonBlocking(lastWords.Parent);
            MakeNonBlocking(cancels.Parent);
            var id = Spawn(command, environment, [link, link, lastWords, cancels]);
            var process = Linux.OpenProcess(id);
            if (process.IsInvalid)
            {
                // Its pipes end with this exception, and the child with them.
                throw new ChildFaultException($"The system gave no handle of a child: {Linux.ErrorText(Linux.LastError)}.");
            }
            return new ChildProcess(id, process, link, lastWords, cancels);
        }
        catch
        {
            foreach (var pipe in pipes)
            {
                pipe.Parent.Dispose();
            }
            throw;
        }
        finally
        {
            foreach (var pipe in pipes)
            {
                pipe.Child.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public bool IsAlive
    {
        get
        {
            lock (_gate)
            {
                return !_isDisposed && Wait(Linux.WaitExited | Linux.WaitNoHang | Linux.WaitLeave) is null;
            }
        }
    }

    /// <inheritdoc/>
    public bool TryCancel(long run)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, run);
        try
        {
            return Linux.Write(Cancels, number);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Kill()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                Linux.Signal(_process, Linux.SignalKill);
                // What else holds the child's end does not keep this one waiting.
                _ = Linux.shutdown(_link, Linux.BothWays);
            }
        }
    }

    /// <inheritdoc/>
    public string End()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return "an end that was told before";
            }
            // What it did by itself says more than that it was killed here.
            var end = Wait(Linux.WaitExited | Linux.WaitNoHang);
            if (end is null)
            {
                Linux.Signal(_process, Linux.SignalKill);
                end = Wait(Linux.WaitExited) ?? "an end that the system does not know";
            }
            _isDisposed = true;
            _process.Dispose();
            _link.Dispose();
            Cancels.Dispose();
            return end;
        }
    }

    /// <inheritdoc/>
    public string ReadLastWords()
    {
        var words = new byte[64 << 10];
        var size = 0;
        // The pipe does not block: where another process still holds its other end, what is there is taken.
        for (int read; (read = Linux.Read(LastWords, words.AsSpan(size))) > 0; size += read) { }
        var last = words.AsSpan(Math.Max(0, size - IsolationPolicy.LastWordsBytesMax)..size);
        return string.Create(
            last.Length,
            last,
            static (text, bytes) =>
            {
                for (var i = 0; i < text.Length; i++)
                {
                    text[i] = bytes[i] is >= (byte)' ' and <= (byte)'~' ? (char)bytes[i] : ' ';
                }
            }
        );
    }

    public void Dispose()
    {
        End();
        LastWords.Dispose();
    }

    /// <returns>How it ended; null where it has not.</returns>
    private string? Wait(int options)
    {
        var info = stackalloc byte[Linux.InfoBytes];
        new Span<byte>(info, Linux.InfoBytes).Clear();
        while (Linux.waitid(Linux.WaitByHandle, (int)_process.DangerousGetHandle(), info, options) != 0)
        {
            if (Linux.LastError != Linux.Interrupted)
            {
                // Where the process ignores the ends of its children the system tells them to no one.
                return "an end that the system does not know";
            }
        }
        var (code, status) = (*(int*)(info + Linux.InfoCode), *(int*)(info + Linux.InfoStatus));
        return code switch
        {
            0 => null,
            Linux.CodeExited => $"exit code {status}",
            _ => $"signal {status}",
        };
    }

    private static int Spawn(IReadOnlyList<string> command, IReadOnlyList<string> environment, Pipe[] pipes)
    {
        var actions = stackalloc byte[Linux.SpawnStructBytes];
        var attributes = stackalloc byte[Linux.SpawnStructBytes];
        var signals = stackalloc byte[Linux.SignalSetBytes];
        using var path = new NativeTexts([command[0], "/"]);
        using var arguments = new NativeTexts(command);
        using var variables = new NativeTexts(environment);
        Require(Linux.posix_spawn_file_actions_init(actions));
        Require(Linux.posix_spawnattr_init(attributes));
        try
        {
            for (var i = 0; i < pipes.Length; i++)
            {
                Require(Linux.posix_spawn_file_actions_adddup2(actions, (int)pipes[i].Child.DangerousGetHandle(), i));
            }
            Require(Linux.posix_spawn_file_actions_addclosefrom_np(actions, pipes.Length));
            Require(Linux.posix_spawn_file_actions_addchdir_np(actions, path.Pointers[1]));
            Linux.sigemptyset(signals);
            Require(Linux.posix_spawnattr_setsigmask(attributes, signals));
            Linux.sigfillset(signals);
            Require(Linux.posix_spawnattr_setsigdefault(attributes, signals));
            Require(Linux.posix_spawnattr_setflags(attributes, Linux.SpawnSession | Linux.SpawnSignalMask | Linux.SpawnSignalDefaults));
            int id;
            Require(Linux.posix_spawn(&id, path.Pointers[0], actions, attributes, arguments.Pointers, variables.Pointers));
            return id;
        }
        finally
        {
            Linux.posix_spawn_file_actions_destroy(actions);
            Linux.posix_spawnattr_destroy(attributes);
        }

        void Require(int error)
        {
            if (error != 0)
            {
                throw new ChildFaultException($"{command[0]} cannot be started: {Linux.ErrorText(error)}.");
            }
        }
    }

    private static void MakeNonBlocking(SafeFileHandle pipe)
    {
        const int SetFlags = 4;
        if (Linux.fcntl((int)pipe.DangerousGetHandle(), SetFlags, Linux.NonBlocking) != 0)
        {
            throw new ChildFaultException($"A pipe could not be set up: {Linux.ErrorText(Linux.LastError)}.");
        }
    }

    /// <summary>Both ends of a pipe; other children that are started meanwhile get neither.</summary>
    private sealed record Pipe(SafeFileHandle Parent, SafeFileHandle Child)
    {
        public static Pipe Open(bool childReads)
        {
            var ends = stackalloc int[2];
            Require(Linux.pipe2(ends, Linux.CloseOnExec));
            return childReads ? Of(parent: ends[1], child: ends[0]) : Of(parent: ends[0], child: ends[1]);
        }

        /// <summary>Both ways, and it can be shut while a thread waits on it, which a pipe cannot.</summary>
        public static Pipe OpenLink()
        {
            var ends = stackalloc int[2];
            Require(Linux.socketpair(Linux.LocalSockets, Linux.StreamSocket | Linux.CloseOnExec, 0, ends));
            return Of(ends[0], ends[1]);
        }

        private static Pipe Of(int parent, int child)
        {
            var (own, other) = (new SafeFileHandle(parent, ownsHandle: true), new SafeFileHandle(child, ownsHandle: true));
            try
            {
                return new Pipe(own, AboveStandard(other));
            }
            catch
            {
                own.Dispose();
                other.Dispose();
                throw;
            }
        }

        private static void Require(int answer)
        {
            if (answer != 0)
            {
                throw new ChildFaultException($"The system gave no pipe: {Linux.ErrorText(Linux.LastError)}.");
            }
        }

        /// <summary>Where the process has no standard input, a pipe may have got a number that is another pipe's in the child.</summary>
        private static SafeFileHandle AboveStandard(SafeFileHandle end)
        {
            const int FirstFree = 4;
            var number = (int)end.DangerousGetHandle();
            if (number >= FirstFree)
            {
                return end;
            }
            var copy = Linux.fcntl(number, DuplicateCloseOnExec, FirstFree);
            end.Dispose();
            return copy >= 0
                ? new SafeFileHandle(copy, ownsHandle: true)
                : throw new ChildFaultException($"The system gave no pipe: {Linux.ErrorText(Linux.LastError)}.");
        }
    }

    /// <summary>Texts as C takes them: a list of pointers that ends with none.</summary>
    private sealed class NativeTexts : IDisposable
    {
        private readonly int _count;

        public NativeTexts(IReadOnlyList<string> texts)
        {
            _count = texts.Count;
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
            {
                Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
            }
        }

        public byte** Pointers { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
            {
                Marshal.FreeCoTaskMem((nint)Pointers[i]);
            }
            NativeMemory.Free(Pointers);
        }
    }
}

/// <summary>
/// A child did not start, ended, did not answer in time or lied. It is gone; what it ran has no result, and may be repeated.
/// </summary>
internal sealed class ChildFaultException(string message, Exception? cause = null) : Exception(message, cause);
