using System.Buffers.Binary;
using System.Text;
using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>Directories as descriptors: which ones the program was given, and what is in them.</summary>
internal static class WasiDirectories
{
    private const int EntrySize = 24;

    /// <summary>fd_prestat_get(fd, out): kind u8, 0 for a directory, and at 4 the size of its path.</summary>
    public static Errno GivenStatus(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor) || descriptor.GivenPath is not { } path)
        {
            return Errno.BadFile;
        }
        if (!run.Memory.TryWrite(arguments.U32(1), 8, out var status))
        {
            return Errno.Fault;
        }
        BinaryPrimitives.WriteUInt64LittleEndian(status, (ulong)Encoding.UTF8.GetByteCount(path) << 32);
        return Errno.Success;
    }

    /// <summary>fd_prestat_dir_name(fd, path out, room).</summary>
    public static Errno GivenPath(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor) || descriptor.GivenPath is not { } path)
        {
            return Errno.BadFile;
        }
        var bytes = Encoding.UTF8.GetBytes(path);
        if (arguments.U32(2) < bytes.Length)
        {
            return Errno.NameTooLong;
        }
        return run.Memory.TryStore(arguments.U32(1), bytes) ? Errno.Success : Errno.Fault;
    }

    /// <summary>
    /// fd_readdir(fd, out, room, cookie, size out). An entry: the next one's cookie u64, number u64, size of the name u32, kind u8 at 20,
    /// and at 24 the name. The last entry may be cut; only where the directory's end was reached is the size less than the room.
    /// </summary>
    public static Errno Read(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor))
        {
            return Errno.BadFile;
        }
        if (descriptor.Node is not DirectoryNode directory)
        {
            return Errno.NotDirectory;
        }
        if ((descriptor.Rights & Rights.ReadDirectory) == 0)
        {
            return Errno.NotCapable;
        }
        if (!run.Memory.TryWrite(arguments.U32(1), arguments.U32(2), out var room) || !run.Memory.Holds(arguments.U32(4), sizeof(uint)))
        {
            return Errno.Fault;
        }
        var cookie = arguments.U64(3);
        var left = room;
        if (cookie == 0)
        {
            Put(run, ref left, 1, directory.Number, NodeKind.Directory, ".");
        }
        if (cookie <= 1)
        {
            Put(run, ref left, DirectoryNode.FirstCookie, (directory.Parent ?? directory).Number, NodeKind.Directory, "..");
        }
        for (var i = directory.IndexFrom(cookie); i < directory.Count && left.Length > 0; i++)
        {
            var entry = directory.Entries[i];
            Put(run, ref left, entry.Cookie + 1, entry.Node.Number, entry.Node.Kind, entry.Name);
        }

        run.Memory.TryStoreU32(arguments.U32(4), (uint)(room.Length - left.Length));
        return Errno.Success;
    }

    private static void Put(GuestRun run, ref Span<byte> left, ulong next, ulong number, NodeKind kind, string name)
    {
        if (left.Length == 0)
        {
            return;
        }
        run.Charge(GuestPolicy.FuelPerListedKey);
        Span<byte> entry = stackalloc byte[EntrySize + GuestPolicy.FileNameBytesMax];
        var size = Encoding.UTF8.GetBytes(name, entry[EntrySize..]);
        entry[..EntrySize].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(entry, next);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], (uint)size);
        entry[20] = (byte)kind;
        entry = entry[..Math.Min(EntrySize + size, left.Length)];
        run.ChargeCopy(entry.Length);
        entry.CopyTo(left);
        left = left[entry.Length..];
    }
}
