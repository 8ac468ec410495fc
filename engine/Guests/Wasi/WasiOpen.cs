using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>path_open, which is most of what the rights of WASI are about.</summary>
internal static class WasiOpen
{
    private const uint FollowLinks = 1;

    /// <summary>path_open(fd, look-up flags, path, path size, how, rights, rights to inherit, flags, fd out).</summary>
    public static Errno Open(GuestRun run, HostArguments arguments)
    {
        var how = (OpenFlags)arguments.U32(4);
        var rights = (Rights)arguments.U64(5) & Rights.Known;
        var inheriting = (Rights)arguments.U64(6) & Rights.Known;
        var flags = (DescriptorFlags)arguments.U32(7);
        if ((how & ~OpenFlags.Known) != 0 || (flags & ~DescriptorFlags.Known) != 0)
        {
            return Errno.Invalid;
        }
        if (!run.Memory.Holds(arguments.U32(8), sizeof(uint)))
        {
            return Errno.Fault;
        }
        var error = CheckRights(run, arguments.U32(0), rights, inheriting, flags);
        if (error == Errno.Success && !run.Descriptors.CanOpen)
        {
            error = Errno.TooManyDescriptors;
        }
        if (error != Errno.Success)
        {
            return error;
        }

        // Another function makes directories, so a program that opens one cannot want a new or an empty one.
        if (how.HasFlag(OpenFlags.Directory) && how != OpenFlags.Directory)
        {
            return Errno.Invalid;
        }
        var follows = (arguments.U32(1) & FollowLinks) != 0 && !how.HasFlag(OpenFlags.Create | OpenFlags.Exclusive);
        error = WasiPaths.Find(run, arguments.U32(0), RightsFor(how), arguments.U32(2), arguments.U32(3), follows, out var place);
        if (error == Errno.Success)
        {
            error = Enter(run, place, how, rights, out place);
        }
        if (error != Errno.Success)
        {
            return error;
        }
        var number = run.Descriptors.Open(Descriptor.Of(place.Node!, rights, inheriting, flags));
        run.Memory.TryStoreU32(arguments.U32(8), number);
        return Errno.Success;
    }

    private static Rights RightsFor(OpenFlags how) =>
        Rights.OpenPath
        | (how.HasFlag(OpenFlags.Create) ? Rights.CreateFile : Rights.None)
        | (how.HasFlag(OpenFlags.Truncate) ? Rights.SetPathSize : Rights.None);

    private static Errno CheckRights(GuestRun run, uint directory, Rights rights, Rights inheriting, DescriptorFlags flags)
    {
        if (!run.Descriptors.TryGet(directory, out var from))
        {
            return Errno.BadFile;
        }
        if (from.Node is not DirectoryNode)
        {
            return Errno.NotDirectory;
        }
        var needed = rights | inheriting;
        if (flags.HasFlag(DescriptorFlags.DataSync))
        {
            needed |= Rights.DataSync;
        }
        if ((flags & (DescriptorFlags.ReadSync | DescriptorFlags.Sync)) != 0)
        {
            needed |= Rights.Sync;
        }
        return (needed & ~from.Inheriting) == 0 ? Errno.Success : Errno.NotCapable;
    }

    /// <summary>Makes, empties or refuses what is at the place.</summary>
    private static Errno Enter(GuestRun run, Place place, OpenFlags how, Rights rights, out Place entered)
    {
        entered = place;
        var files = run.Descriptors.Files;
        switch (place.Node)
        {
            case null when !how.HasFlag(OpenFlags.Create):
                return Errno.NoEntry;
            case null when place.WantsDirectory:
                return Errno.IsDirectory;
            case null:
                var error = files.CreateFile(place.Parent!, place.Name, out var file);
                entered = place with { Node = file };
                return error;
            case not null when how.HasFlag(OpenFlags.Create | OpenFlags.Exclusive):
                return Errno.Exists;
            case LinkNode:
                return Errno.Loop;
            case DirectoryNode:
                return rights.HasFlag(Rights.Write) || (how & (OpenFlags.Create | OpenFlags.Truncate)) != 0
                    ? Errno.IsDirectory
                    : Errno.Success;
            case FileNode when how.HasFlag(OpenFlags.Directory):
                return Errno.NotDirectory;
            case FileNode { IsReadOnly: true } when rights.HasFlag(Rights.Write) || how.HasFlag(OpenFlags.Truncate):
                return Errno.ReadOnlyFiles;
            case FileNode found when how.HasFlag(OpenFlags.Truncate):
                return files.SetLength(found, 0);
            default:
                return Errno.Success;
        }
    }
}
