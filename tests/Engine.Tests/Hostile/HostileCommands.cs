using Marketplace.Engine.Guests;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>Storms of calls of the host, and whatever it keeps for a run taken to its bound.</summary>
public static class HostileCommands
{
    private const int Mebibyte = 1 << 20;

    private const long Root = 3;
    private const long First = 4;
    private const long Create = 1;
    private const long AllRights = (1 << 28) - 1;

    // Errors as WASI numbers them.
    private const string Fault = "Failed 21";
    private const string FileTooBig = "Failed 22";
    private const string Invalid = "Failed 28";
    private const string Loop = "Failed 32";
    private const string TooManyDescriptors = "Failed 33";
    private const string NoSpace = "Failed 51";
    private const string OutOfFuel = "OutOfFuel";

    public static IReadOnlyList<HostileCommand> All { get; } = [.. Storms(), .. Floods(), .. Hoards()];

    public static HostileCommand Named(string name) => All.Single(hostile => hostile.Name == name);

    private static IEnumerable<HostileCommand> Storms()
    {
        yield return new(
            "clock-storm",
            OutOfFuel,
            () => new WasiCode().Endlessly(c => c.Call("clock_time_get", 0, 1, WasiCode.Out)).ToBytes()
        );
        yield return new(
            "poll-of-1024-without-end",
            OutOfFuel,
            () => new WasiCode().Endlessly(c => c.Call("poll_oneoff", 0, 100_000, GuestPolicy.SubscriptionsMax, WasiCode.Out)).ToBytes()
        );
        yield return new("poll-of-4294967295", Invalid, () => new WasiCode().Call("poll_oneoff", 0, 0, -1, WasiCode.Out).Exit().ToBytes());
        yield return new("random-of-4-GiB", Fault, () => new WasiCode().Call("random_get", 0, -1).Exit().ToBytes());
        yield return new("random-without-end", OutOfFuel, () => new WasiCode().Endlessly(c => c.Call("random_get", 0, Mebibyte)).ToBytes());
        yield return new("exit-in-start", "Failed 7", () => new WasiCode().Call("proc_exit", 7).ToBytes(asStartFunction: true));
        yield return new(
            "storm-in-start",
            OutOfFuel,
            () => new WasiCode().Endlessly(c => c.Call("clock_time_get", 0, 1, WasiCode.Out)).ToBytes(asStartFunction: true)
        );
    }

    private static IEnumerable<HostileCommand> Floods()
    {
        yield return new(
            "log-of-1-GiB-a-call",
            OutOfFuel,
            () => Buffers(Mebibyte).Endlessly(c => c.Call("fd_write", 2, 0, 1_024, WasiCode.Out)).ToBytes()
        );
        yield return new(
            "output-of-1-GiB-in-a-call",
            "OutputTooLarge",
            () => Buffers(Mebibyte).Call("fd_write", 1, 0, 1_024, WasiCode.Out).Exit().ToBytes()
        );
        yield return new(
            "file-of-1-GiB-in-a-call",
            FileTooBig,
            () =>
                Opened(Buffers(Mebibyte), Create)
                    .Call("fd_write", First, 0, 64, WasiCode.Out)
                    .Drop()
                    .Call("fd_write", First, 0, 1_024, WasiCode.Out)
                    .Exit()
                    .ToBytes()
        );
        yield return new("buffers-of-4-TiB", Fault, () => Buffers(-1).Call("fd_write", 1, 0, 1_024, WasiCode.Out).Exit().ToBytes());
        yield return new(
            "buffer-list-of-4294967295",
            Invalid,
            () => new WasiCode().Call("fd_write", 1, 0, -1, WasiCode.Out).Exit().ToBytes()
        );
        yield return new(
            "file-that-grows-and-shrinks",
            OutOfFuel,
            () =>
                Opened(new WasiCode(), Create)
                    .Endlessly(c =>
                        c.Call("fd_filestat_set_size", First, GuestPolicy.FileBytesMax).Drop().Call("fd_filestat_set_size", First, 0)
                    )
                    .ToBytes()
        );
        yield return new(
            "link-to-itself",
            Loop,
            () =>
                new WasiCode()
                    .Data(0, (byte)'l')
                    .Call("path_symlink", 0, 1, Root, 0, 1)
                    .Drop()
                    .Call("path_open", Root, 1, 0, 1, 0, 0, 0, 0, WasiCode.Out)
                    .Exit()
                    .ToBytes()
        );
        yield return new(
            "path-of-2048-steps-without-end",
            OutOfFuel,
            () => Steps().Endlessly(c => c.Call("path_open", Root, 0, 0, 4_096, 0, 0, 0, 0, WasiCode.Out)).ToBytes()
        );
    }

    private static IEnumerable<HostileCommand> Hoards()
    {
        yield return new(
            "descriptors-to-their-bound",
            TooManyDescriptors,
            () =>
                new WasiCode()
                    .Data(0, (byte)'f')
                    .UntilError(c => c.Call("path_open", Root, 0, 0, 1, Create, 0, 0, 0, WasiCode.Out))
                    .ToBytes()
        );
        yield return new("files-to-their-bound", NoSpace, () => new WasiCode().WithNames().UntilError(c => NewFile(c)).ToBytes());
        yield return new(
            "directories-to-their-bound",
            NoSpace,
            () => new WasiCode().WithNames().UntilError(c => c.NextName().Call("path_create_directory", Root, 0, 3)).ToBytes()
        );
        yield return new(
            "listing-of-16384-files-without-end",
            OutOfFuel,
            () =>
            {
                var code = new WasiCode().WithNames();
                code.Code.Block().Loop();
                NewFile(code).Code.BrIf(1).Br(0).End().End();
                return code.Endlessly(c => c.Call("fd_readdir", Root, 1_000, 1_000_000, 0, WasiCode.Out)).ToBytes();
            }
        );
        yield return new(
            "links-of-4096-letters-to-their-bound",
            NoSpace,
            () => Steps(at: 1_000).WithNames().UntilError(c => c.NextName().Call("path_symlink", 1_000, 4_095, Root, 0, 3)).ToBytes()
        );
        yield return new(
            "files-of-one-byte-to-their-bound",
            NoSpace,
            () => new WasiCode().WithNames().Data(100, 0, 0, 0, 0, 1).UntilError(c => NewFile(c, writes: true)).ToBytes()
        );
        yield return new(
            "file-of-all-bytes",
            FileTooBig,
            () => Opened(Buffers(Mebibyte), Create).UntilError(c => c.Call("fd_write", First, 0, 1, WasiCode.Out)).ToBytes()
        );
        yield return new(
            "two-files-of-all-bytes",
            NoSpace,
            () =>
                Opened(Opened(Buffers(Mebibyte).Data(20_000, (byte)'g'), Create), Create, path: 20_000)
                    .Call("fd_write", First, 0, 40, WasiCode.Out)
                    .Drop()
                    .UntilError(c => c.Call("fd_write", First + 1, 0, 1, WasiCode.Out))
                    .ToBytes()
        );
        yield return new(
            "output-file-of-64-MiB",
            "Completed",
            () =>
                Opened(Buffers(Mebibyte).Data(20_000, "out/f"u8), Create, 20_000, 5)
                    .Call("fd_write", First, 0, 64, WasiCode.Out)
                    .Exit()
                    .ToBytes()
        );
        yield return new(
            "output-to-its-bound",
            "OutputTooLarge",
            () => Buffers(Mebibyte).UntilError(c => c.Call("fd_write", 1, 0, 1, WasiCode.Out)).ToBytes()
        );
    }

    /// <summary>A list of 1,024 buffers from address 0 on, each of them so many bytes from address 0.</summary>
    private static WasiCode Buffers(int size)
    {
        var list = new byte[1_024 * 8];
        for (var at = 4; at < list.Length; at += 8)
        {
            BitConverter.TryWriteBytes(list.AsSpan(at), size);
        }

        return new WasiCode().Data(0, list);
    }

    private static WasiCode Opened(WasiCode code, long how, int path = 30_000, int size = 1) =>
        code.Data(30_000, (byte)'f').Call("path_open", Root, 0, path, size, how, AllRights, 0, 0, WasiCode.Out).Drop();

    private static WasiCode Steps(int at = 0)
    {
        var path = new byte[4_096];
        for (var i = 0; i < path.Length; i++)
        {
            path[i] = (byte)(i % 2 == 0 ? '.' : '/');
        }

        return new WasiCode().Data(at, path);
    }

    /// <summary>Makes a file, closes it, and leaves the error of making it.</summary>
    private static WasiCode NewFile(WasiCode code, bool writes = false)
    {
        code.NextName().Call("path_open", Root, 0, 0, 3, Create, AllRights, 0, 0, WasiCode.Out).Code.LocalSet(0);
        if (writes)
        {
            code.Call("fd_write", First, 100, 1, WasiCode.Out).Drop();
        }

        code.Call("fd_close", First).Drop().Code.LocalGet(0);
        return code;
    }
}
