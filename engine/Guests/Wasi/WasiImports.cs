namespace Marketplace.Engine.Guests.Wasi;

/// <summary>
/// All functions of WASI preview 1, so that whatever a tool chain links is there:
/// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
/// What no command without files, sockets and signals can use answers with the error that such a system gives.
/// </summary>
internal static class WasiImports
{
    public const string Module = "wasi_snapshot_preview1";

    private delegate Errno Body(GuestRun run, HostArguments arguments);

    public static IReadOnlyList<HostCall> All { get; } = [.. Process(), .. Streams(), .. Paths(), .. Sockets()];

    private static IEnumerable<HostCall> Process() =>
    [
        Call("args_get", "i32 i32 -> i32", WasiProcess.Arguments),
        Call("args_sizes_get", "i32 i32 -> i32", WasiProcess.ArgumentSizes),
        Call("environ_get", "i32 i32 -> i32", WasiProcess.Environment),
        Call("environ_sizes_get", "i32 i32 -> i32", WasiProcess.EnvironmentSizes),
        Call("clock_res_get", "i32 i32 -> i32", WasiProcess.ClockResolution),
        Call("clock_time_get", "i32 i64 i32 -> i32", WasiProcess.ClockTime),
        Call("random_get", "i32 i32 -> i32", WasiProcess.Random),
        Call("poll_oneoff", "i32 i32 i32 i32 -> i32", WasiPoll.Poll),
        Call("sched_yield", "-> i32", WasiProcess.Yield),
        Call("proc_raise", "i32 -> i32", WasiProcess.Raise),
        new(Module, "proc_exit", "i32 ->", WasiProcess.Exit),
    ];

    private static IEnumerable<HostCall> Streams() =>
    [
        Call("fd_read", "i32 i32 i32 i32 -> i32", WasiStreams.Read),
        Call("fd_write", "i32 i32 i32 i32 -> i32", WasiStreams.Write),
        Call("fd_close", "i32 -> i32", WasiStreams.Close),
        Call("fd_renumber", "i32 i32 -> i32", WasiStreams.Renumber),
        Call("fd_fdstat_get", "i32 i32 -> i32", WasiStreams.DescriptorStatus),
        Call("fd_filestat_get", "i32 i32 -> i32", WasiStreams.FileStatus),

        // Reads and writes here never block, so the flags that change how they wait have nothing to change.
        Refusal("fd_fdstat_set_flags", "i32 i32 -> i32", Errno.Success),
        Refusal("fd_fdstat_set_rights", "i32 i64 i64 -> i32", Errno.NotSupported),
        Refusal("fd_seek", "i32 i64 i32 i32 -> i32", Errno.IllegalSeek),
        Refusal("fd_tell", "i32 i32 -> i32", Errno.IllegalSeek),
        Refusal("fd_pread", "i32 i32 i32 i64 i32 -> i32", Errno.IllegalSeek),
        Refusal("fd_pwrite", "i32 i32 i32 i64 i32 -> i32", Errno.IllegalSeek),
        Refusal("fd_advise", "i32 i64 i64 i32 -> i32", Errno.IllegalSeek),
        Refusal("fd_allocate", "i32 i64 i64 -> i32", Errno.IllegalSeek),
        Refusal("fd_sync", "i32 -> i32", Errno.Invalid),
        Refusal("fd_datasync", "i32 -> i32", Errno.Invalid),
        Refusal("fd_filestat_set_size", "i32 i64 -> i32", Errno.Invalid),
        Refusal("fd_filestat_set_times", "i32 i64 i64 i32 -> i32", Errno.NotSupported),
        Refusal("fd_readdir", "i32 i32 i32 i64 i32 -> i32", Errno.NotDirectory),

        // C libraries ask from descriptor 3 upwards until this says that there is none.
        Refusal("fd_prestat_get", "i32 i32 -> i32", Errno.BadFile),
        Refusal("fd_prestat_dir_name", "i32 i32 i32 -> i32", Errno.BadFile),
    ];

    private static IEnumerable<HostCall> Paths() =>
    [
        Refusal("path_create_directory", "i32 i32 i32 -> i32", Errno.NotDirectory),
        Refusal("path_filestat_get", "i32 i32 i32 i32 i32 -> i32", Errno.NotDirectory),
        Refusal("path_filestat_set_times", "i32 i32 i32 i32 i64 i64 i32 -> i32", Errno.NotDirectory),
        Refusal("path_link", "i32 i32 i32 i32 i32 i32 i32 -> i32", Errno.NotDirectory),
        Refusal("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32 -> i32", Errno.NotDirectory),
        Refusal("path_readlink", "i32 i32 i32 i32 i32 i32 -> i32", Errno.NotDirectory),
        Refusal("path_remove_directory", "i32 i32 i32 -> i32", Errno.NotDirectory),
        Refusal("path_rename", "i32 i32 i32 i32 i32 i32 -> i32", Errno.NotDirectory),
        Refusal("path_symlink", "i32 i32 i32 i32 i32 -> i32", Errno.NotDirectory, descriptorIndex: 2),
        Refusal("path_unlink_file", "i32 i32 i32 -> i32", Errno.NotDirectory),
    ];

    private static IEnumerable<HostCall> Sockets() =>
    [
        Refusal("sock_accept", "i32 i32 i32 -> i32", Errno.NotSocket),
        Refusal("sock_recv", "i32 i32 i32 i32 i32 i32 -> i32", Errno.NotSocket),
        Refusal("sock_send", "i32 i32 i32 i32 i32 -> i32", Errno.NotSocket),
        Refusal("sock_shutdown", "i32 i32 -> i32", Errno.NotSocket),
    ];

    private static HostCall Call(string name, string type, Body body) =>
        new(Module, name, type, (run, arguments) => (long)body(run, arguments));

    private static HostCall Refusal(string name, string type, Errno error, int descriptorIndex = 0) =>
        new(Module, name, type, WasiStreams.Refuse(error, descriptorIndex));
}
