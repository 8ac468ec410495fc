using System.Text;
using System.Text.Unicode;
using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>The functions of WASI preview 1 that take paths. Each path begins at a directory's descriptor and stays under it.</summary>
internal static class WasiPaths
{
    private const uint FollowLinks = 1;

    /// <summary>path_create_directory(fd, path, path size).</summary>
    public static Errno CreateDirectory(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments.U32(0), Rights.CreateDirectory, arguments.U32(1), arguments.U32(2), follows: false, out var place);
        return error != Errno.Success ? error
            : place.Node is not null ? Errno.Exists
            : run.Descriptors.Files.CreateDirectory(place.Parent!, place.Name);
    }

    /// <summary>path_remove_directory(fd, path, path size).</summary>
    public static Errno RemoveDirectory(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments.U32(0), Rights.RemoveDirectory, arguments.U32(1), arguments.U32(2), follows: false, out var place);
        return error != Errno.Success ? error
            : place.Node is null ? Errno.NoEntry
            : place.Node is not DirectoryNode ? Errno.NotDirectory
            : place.Parent is null ? Errno.Invalid
            : run.Descriptors.Files.Remove(place.Parent, place.Name, place.Node);
    }

    /// <summary>path_unlink_file(fd, path, path size).</summary>
    public static Errno Unlink(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments.U32(0), Rights.Unlink, arguments.U32(1), arguments.U32(2), follows: false, out var place);
        return error != Errno.Success ? error
            : place.Node is null ? Errno.NoEntry
            : place.Node is DirectoryNode ? Errno.IsDirectory
            : run.Descriptors.Files.Remove(place.Parent!, place.Name, place.Node);
    }

    /// <summary>path_rename(fd, path, path size, new fd, new path, new path size).</summary>
    public static Errno Rename(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments.U32(0), Rights.RenameSource, arguments.U32(1), arguments.U32(2), follows: false, out var from);
        Place to = default;
        if (error == Errno.Success)
        {
            error = Find(run, arguments.U32(3), Rights.RenameTarget, arguments.U32(4), arguments.U32(5), follows: false, out to);
        }
        if (error != Errno.Success)
        {
            return error;
        }
        if (from.Node is null)
        {
            return Errno.NoEntry;
        }
        if (from.Parent is null || to.Parent is null)
        {
            return Errno.Busy;
        }
        return to.WantsDirectory && from.Node is not DirectoryNode ? Errno.NotDirectory : run.Descriptors.Files.Rename(from, to);
    }

    /// <summary>path_link(fd, look-up flags, path, path size, new fd, new path, new path size).</summary>
    public static Errno Link(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments.U32(0), Rights.LinkSource, arguments.U32(2), arguments.U32(3), follows: false, out var from);
        Place to = default;
        if (error == Errno.Success)
        {
            error = Find(run, arguments.U32(4), Rights.LinkTarget, arguments.U32(5), arguments.U32(6), follows: false, out to);
        }
        if (error != Errno.Success)
        {
            return error;
        }

        // Whether a link is made to a link or to what it leads to differs between systems, so asking for the second is refused.
        return arguments.U32(1) != 0 ? Errno.Invalid
            : from.Node is null ? Errno.NoEntry
            : to.Node is not null ? Errno.Exists
            : from.Node is DirectoryNode ? Errno.NotPermitted
            : to.WantsDirectory ? Errno.NoEntry
            : run.Descriptors.Files.AddName(to.Parent!, to.Name, from.Node);
    }

    /// <summary>path_symlink(target, target size, fd, path, path size).</summary>
    public static Errno Symlink(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments.U32(2), Rights.Symlink, arguments.U32(3), arguments.U32(4), follows: false, out var place);
        var target = "";
        if (error == Errno.Success)
        {
            error = ReadPath(run, arguments.U32(0), arguments.U32(1), out target);
        }
        return error != Errno.Success ? error
            : place.Node is not null ? Errno.Exists
            : place.WantsDirectory ? Errno.NoEntry
            : target.StartsWith('/') ? Errno.NotCapable
            : run.Descriptors.Files.CreateLink(place.Parent!, place.Name, target);
    }

    /// <summary>path_readlink(fd, path, path size, target out, room, size out): what does not fit is cut.</summary>
    public static Errno ReadLink(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments.U32(0), Rights.ReadLink, arguments.U32(1), arguments.U32(2), follows: false, out var place);
        if (error != Errno.Success)
        {
            return error;
        }
        if (place.Node is not LinkNode link)
        {
            return place.Node is null ? Errno.NoEntry : Errno.Invalid;
        }
        var target = Encoding.UTF8.GetBytes(link.Target);
        run.ChargeCopy(target.Length);
        var size = Math.Min((uint)target.Length, arguments.U32(4));
        if (!run.Memory.Holds(arguments.U32(5), sizeof(uint)) || !run.Memory.TryStore(arguments.U32(3), target.AsSpan(0, (int)size)))
        {
            return Errno.Fault;
        }
        run.Memory.TryStoreU32(arguments.U32(5), size);
        return Errno.Success;
    }

    /// <summary>What is at the path in arguments 2 and 3, from the descriptor in 0, by the look-up flags in 1.</summary>
    public static Errno FindNode(GuestRun run, HostArguments arguments, Rights right, out Node? node)
    {
        var follows = (arguments.U32(1) & FollowLinks) != 0;
        var error = Find(run, arguments.U32(0), right, arguments.U32(2), arguments.U32(3), follows, out var place);
        node = place.Node;
        return error == Errno.Success && node is null ? Errno.NoEntry : error;
    }

    /// <summary>What a path leads to from a directory that has the right.</summary>
    public static Errno Find(GuestRun run, uint descriptor, Rights right, uint pointer, uint size, bool follows, out Place place)
    {
        place = default;
        if (!run.Descriptors.TryGet(descriptor, out var from))
        {
            return Errno.BadFile;
        }
        if (from.Node is not DirectoryNode start)
        {
            return Errno.NotDirectory;
        }
        if ((from.Rights & right) != right)
        {
            return Errno.NotCapable;
        }
        var error = ReadPath(run, pointer, size, out var path);
        return error == Errno.Success ? Place.Find(run, start, path, follows, out place) : error;
    }

    private static Errno ReadPath(GuestRun run, uint pointer, uint size, out string path)
    {
        path = "";
        if (!run.Memory.TryRead(pointer, size, out var bytes))
        {
            return Errno.Fault;
        }
        if (size == 0)
        {
            return Errno.NoEntry;
        }
        if (size > GuestPolicy.PathBytesMax)
        {
            return Errno.NameTooLong;
        }
        run.ChargeCopy(size);
        if (!Utf8.IsValid(bytes))
        {
            return Errno.IllegalSequence;
        }
        if (bytes.Contains((byte)0))
        {
            return Errno.Invalid;
        }
        path = Encoding.UTF8.GetString(bytes);
        return Errno.Success;
    }
}
