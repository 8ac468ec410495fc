namespace Marketplace.Engine.Guests.Wasi;

/// <summary>
/// All functions of WASI preview 1, so that whatever a tool chain links is there:
/// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
/// The name that came before, <c>wasi_unstable</c>, has the same functions but for four that read or write other records:
/// https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/docs.md
/// What a machine without sockets and signals cannot do is answered with the error that such a system gives.
/// </summary>
internal static class WasiImports
{
    public const string Module = "wasi_snapshot_preview1";
    public const string UnstableModule = "wasi_unstable";

    private const string AcceptSocket = "sock_accept";

    private delegate Errno Body(GuestRun run, HostArguments arguments);

    private static readonly IReadOnlyDictionary<string, HostCall> Unstable = new[]
    {
        Call("fd_seek", "i32 i64 i32 i32 -> i32", WasiStreams.SeekUnstable),
        Call("fd_filestat_get", "i32 i32 -> i32", WasiStatus.OfDescriptorUnstable),
        Call("path_filestat_get", "i32 i32 i32 i32 i32 -> i32", WasiStatus.OfPathUnstable),
        Call("poll_oneoff", "i32 i32 i32 i32 -> i32", WasiPoll.PollUnstable),
    }.ToDictionary(call => call.Name);

    private static readonly HostCall[] Preview1 = [.. Process(), .. Descriptors(), .. Files(), .. Paths(), .. Sockets()];

    public static IReadOnlyList<HostCall> All { get; } =
    [.. Preview1, .. Preview1.Where(call => call.Name != AcceptSocket).Select(AsUnstable)];

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

    private static IEnumerable<HostCall> Descriptors() =>
        [
            Call("fd_read", "i32 i32 i32 i32 -> i32", WasiStreams.Read),
            Call("fd_write", "i32 i32 i32 i32 -> i32", WasiStreams.Write),
            Call("fd_pread", "i32 i32 i32 i64 i32 -> i32", WasiStreams.ReadAt),
            Call("fd_pwrite", "i32 i32 i32 i64 i32 -> i32", WasiStreams.WriteAt),
            Call("fd_seek", "i32 i64 i32 i32 -> i32", WasiStreams.Seek),
            Call("fd_tell", "i32 i32 -> i32", WasiStreams.Tell),
            Call("fd_close", "i32 -> i32", WasiDescriptors.Close),
            Call("fd_renumber", "i32 i32 -> i32", WasiDescriptors.Renumber),
            Call("fd_fdstat_get", "i32 i32 -> i32", WasiDescriptors.Status),
            Call("fd_fdstat_set_flags", "i32 i32 -> i32", WasiDescriptors.SetFlags),
            Call("fd_fdstat_set_rights", "i32 i64 i64 -> i32", WasiDescriptors.SetRights),
        ];

    private static IEnumerable<HostCall> Files() =>
        [
            Call("fd_advise", "i32 i64 i64 i32 -> i32", WasiDescriptors.Advise),
            Call("fd_allocate", "i32 i64 i64 -> i32", WasiDescriptors.Allocate),
            Call("fd_sync", "i32 -> i32", WasiDescriptors.Sync),
            Call("fd_datasync", "i32 -> i32", WasiDescriptors.DataSync),
            Call("fd_filestat_get", "i32 i32 -> i32", WasiStatus.OfDescriptor),
            Call("fd_filestat_set_size", "i32 i64 -> i32", WasiDescriptors.SetSize),
            Call("fd_filestat_set_times", "i32 i64 i64 i32 -> i32", WasiStatus.SetTimes),
            Call("fd_readdir", "i32 i32 i32 i64 i32 -> i32", WasiDirectories.Read),
            Call("fd_prestat_get", "i32 i32 -> i32", WasiDirectories.GivenStatus),
            Call("fd_prestat_dir_name", "i32 i32 i32 -> i32", WasiDirectories.GivenPath),
        ];

    private static IEnumerable<HostCall> Paths() =>
        [
            Call("path_create_directory", "i32 i32 i32 -> i32", WasiPaths.CreateDirectory),
            Call("path_filestat_get", "i32 i32 i32 i32 i32 -> i32", WasiStatus.OfPath),
            Call("path_filestat_set_times", "i32 i32 i32 i32 i64 i64 i32 -> i32", WasiStatus.SetPathTimes),
            Call("path_link", "i32 i32 i32 i32 i32 i32 i32 -> i32", WasiPaths.Link),
            Call("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32 -> i32", WasiOpen.Open),
            Call("path_readlink", "i32 i32 i32 i32 i32 i32 -> i32", WasiPaths.ReadLink),
            Call("path_remove_directory", "i32 i32 i32 -> i32", WasiPaths.RemoveDirectory),
            Call("path_rename", "i32 i32 i32 i32 i32 i32 -> i32", WasiPaths.Rename),
            Call("path_symlink", "i32 i32 i32 i32 i32 -> i32", WasiPaths.Symlink),
            Call("path_unlink_file", "i32 i32 i32 -> i32", WasiPaths.Unlink),
        ];

    private static IEnumerable<HostCall> Sockets() =>
        [
            Call(AcceptSocket, "i32 i32 i32 -> i32", NoSocket),
            Call("sock_recv", "i32 i32 i32 i32 i32 i32 -> i32", NoSocket),
            Call("sock_send", "i32 i32 i32 i32 i32 -> i32", NoSocket),
            Call("sock_shutdown", "i32 i32 -> i32", NoSocket),
        ];

    // No descriptor is ever a socket, because nothing makes one.
    private static Errno NoSocket(GuestRun run, HostArguments arguments) =>
        run.Descriptors.TryGet(arguments.U32(0), out _) ? Errno.NotSocket : Errno.BadFile;

    private static HostCall AsUnstable(HostCall call) => Unstable.GetValueOrDefault(call.Name, call).In(UnstableModule);

    private static HostCall Call(string name, string type, Body body) =>
        new(Module, name, type, (run, arguments) => (long)body(run, arguments));
}
