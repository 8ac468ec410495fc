namespace Marketplace.Cli;

/// <summary>The standard input of the process.</summary>
internal static class ProcessInput
{
    private const string Descriptors = "/proc/self/fd";

    public static Stream Open() => HasNone() ? Stream.Null : Console.OpenStandardInput();

    /// <summary>
    /// A process that is started without standard input (<c>&lt;&amp;-</c>) gets the number 0 for a file of its own, which is a pipe of the
    /// runtime. Its other end is in this very process, so reading it would never end. Where the system does not tell, standard input is
    /// taken for what it seems.
    /// </summary>
    private static bool HasNone()
    {
        if (
            !OperatingSystem.IsLinux()
            || NameOf($"{Descriptors}/0") is not { } input
            || !input.StartsWith("pipe:", StringComparison.Ordinal)
        )
        {
            return false;
        }
        return Directory
            .EnumerateFileSystemEntries(Descriptors)
            .Any(other => NameOf(other) == input && IsForWriting(Path.GetFileName(other)));
    }

    private static string? NameOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return null;
        }
    }

    /// <summary>
    /// https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html: the access mode is in the lowest bits of the octal flags.
    /// </summary>
    private static bool IsForWriting(string number)
    {
        try
        {
            var flags = File.ReadLines($"/proc/self/fdinfo/{number}")
                .FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
            return flags is [.., '1' or '2' or '5' or '6'];
        }
        catch (IOException)
        {
            return false;
        }
    }
}
