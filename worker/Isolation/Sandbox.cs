namespace Marketplace.Worker.Isolation;

/// <summary>
/// The command of a child in bubblewrap (https://github.com/containers/bubblewrap): namespaces of its own without a network, a root that
/// cannot be written and has nothing but the runtime, the libraries of the system and the program's own folder.
/// </summary>
internal static class Sandbox
{
    private const string Name = "bwrap";

    /// <summary>Where distributions put it; the worker's own path may be a stranger's.</summary>
    private static readonly string[] Folders = ["/usr/bin", "/usr/local/bin", "/bin"];

    /// <summary>What the loader of the system reads. Folders that are links on this machine are links in the sandbox.</summary>
    private static readonly string[] SystemFolders = ["/usr/lib", "/usr/lib64", "/lib", "/lib64"];

    /// <summary>Bubblewrap's path; null where it is not installed.</summary>
    public static string? Find() => Folders.Select(folder => Path.Combine(folder, Name)).FirstOrDefault(File.Exists);

    public static IReadOnlyList<string> Command(string bubblewrap, ChildCommand child)
    {
        List<string> command =
        [
            bubblewrap,
            "--unshare-all",
            "--die-with-parent",
            "--new-session",
            "--cap-drop",
            "ALL",
            "--hostname",
            "guest",
            "--proc",
            "/proc",
            "--dir",
            "/tmp",
        ];
        foreach (var folder in SystemFolders)
        {
            if (new DirectoryInfo(folder) is { LinkTarget: { } target })
            {
                command.AddRange(["--symlink", target, folder]);
            }
            else
            {
                command.AddRange(["--ro-bind-try", folder, folder]);
            }
        }
        command.AddRange(["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]);
        foreach (var folder in ProgramFolders(child))
        {
            command.AddRange(["--ro-bind", folder, folder]);
        }
        command.AddRange(["--dev", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]);
        command.AddRange(child.Program);
        return command;
    }

    /// <summary>Those of the runtime and of the program, which stands behind the runtime's own where that starts it.</summary>
    private static IEnumerable<string> ProgramFolders(ChildCommand child) =>
        child
            .Program.Select(part => Path.GetDirectoryName(Path.GetFullPath(part))!)
            .Append(ChildCommand.RuntimeRoot)
            .Distinct()
            .Order(StringComparer.Ordinal);
}
