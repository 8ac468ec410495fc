namespace Marketplace.Engine.Guests.Wasi.Files;

/// <summary>Where a path leads.</summary>
/// <param name="Parent">The directory that has the name; null where the path names a directory by <c>.</c>, <c>..</c> or an end of a link
/// to it.</param>
/// <param name="Name">The name in it, empty without a parent.</param>
/// <param name="Node">What the name stands for; null where there is nothing yet.</param>
/// <param name="WantsDirectory">The path ends with a slash.</param>
internal readonly record struct Place(DirectoryNode? Parent, string Name, Node? Node, bool WantsDirectory)
{
    /// <summary>
    /// Follows a path from a directory. It never leads out of that directory: not by <c>..</c>, not by a leading slash, not by a symbolic
    /// link.
    /// </summary>
    /// <param name="run">Pays for each step.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="path">Not empty and without zero characters.</param>
    /// <param name="follows">Whether a symbolic link at the path's end is followed.</param>
    /// <param name="place">What was found, also where only the last name is missing.</param>
    public static Errno Find(GuestRun run, DirectoryNode start, string path, bool follows, out Place place)
    {
        place = default;
        var (at, next, links) = (start, 0, 0);
        while (true)
        {
            if (path[next] == '/')
            {
                return Errno.NotCapable;
            }
            run.Charge(GuestPolicy.FuelPerPathStep);
            var name = NextName(path, ref next, out var wantsDirectory);
            var isLast = next == path.Length;
            if (name.Length > GuestPolicy.FileNameBytesMax || System.Text.Encoding.UTF8.GetByteCount(name) > GuestPolicy.FileNameBytesMax)
            {
                return Errno.NameTooLong;
            }
            if (name is "." or "..")
            {
                if (name == ".." && (at == start || at.Parent is null))
                {
                    return Errno.NotCapable;
                }
                at = name == ".." ? at.Parent! : at;
                if (!isLast)
                {
                    continue;
                }
                place = new Place(null, "", at, WantsDirectory: true);
                return Errno.Success;
            }

            var node = at.Find(name);
            if (node is LinkNode link && (!isLast || follows || wantsDirectory))
            {
                if (++links > GuestPolicy.FollowedLinksMax)
                {
                    return Errno.Loop;
                }
                path = link.Target + (wantsDirectory ? "/" : "") + path[next..];
                next = 0;
                run.ChargeCopy(path.Length);
                if (path.Length > GuestPolicy.PathBytesMax)
                {
                    return Errno.NameTooLong;
                }
                continue;
            }

            if (isLast)
            {
                place = new Place(at, name, node, wantsDirectory);
                return wantsDirectory && node is not (null or DirectoryNode) ? Errno.NotDirectory : Errno.Success;
            }

            if (node is not DirectoryNode directory)
            {
                return node is null ? Errno.NoEntry : Errno.NotDirectory;
            }
            at = directory;
        }
    }

    // Slashes behind the name are skipped with it.
    private static string NextName(string path, ref int next, out bool hasSlash)
    {
        var end = path.IndexOf('/', next);
        hasSlash = end >= 0;
        var name = path[next..(hasSlash ? end : path.Length)];
        next = hasSlash ? end : path.Length;
        while (next < path.Length && path[next] == '/')
        {
            next++;
        }
        return name;
    }
}
