using System.Reflection;
using System.Runtime.InteropServices;

namespace Marketplace.Worker.Isolation;

/// <summary>How a child is started: this very program, whose main calls <see cref="GuestChildProgram"/> first.</summary>
/// <param name="Program">The whole path of a program, and the arguments that make it this one.</param>
internal sealed record ChildCommand(IReadOnlyList<string> Program)
{
    /// <summary>Where the runtime is.</summary>
    public static string RuntimeRoot => RootOf(RuntimeEnvironment.GetRuntimeDirectory());

    /// <summary>
    /// All of a child's environment. Where the runtime is. No port for debuggers, which opens a socket. A heap with a limit, collected on
    /// the thread that fills it: a child runs one guest, and the cores belong to others. Machine code in memory that can be written,
    /// because the other way shares a file with itself, which counts for no limit of memory. No profile of each method: a child lives for
    /// one program.
    /// </summary>
    public static IReadOnlyList<string> Environment { get; } =
    [
        $"DOTNET_ROOT={RuntimeRoot}",
        "DOTNET_EnableDiagnostics=0",
        $"DOTNET_GCHeapHardLimit=0x{IsolationPolicy.HeapBytesMax:x}",
        "DOTNET_gcServer=0",
        "DOTNET_gcConcurrent=0",
        "DOTNET_EnableWriteXorExecute=0",
        "DOTNET_TieredPGO=0",
    ];

    /// <summary>
    /// The folder that a runtime is started from: of a machine's the one above <c>shared/Microsoft.NETCore.App/VERSION</c>, of a program
    /// that brings its own the program's, whose parents are not the sandbox's to show.
    /// </summary>
    internal static string RootOf(string runtime)
    {
        var version = new DirectoryInfo(Path.TrimEndingDirectorySeparator(runtime));
        return version.Parent is { Name: "Microsoft.NETCore.App", Parent: { Name: "shared", Parent: { } root } }
            ? root.FullName
            : version.FullName;
    }

    /// <exception cref="ChildFaultException">It is not known which program this is.</exception>
    public static ChildCommand OfThisProcess()
    {
        var path = System.Environment.ProcessPath ?? throw new ChildFaultException("The path of this program is not known.");
        // "dotnet X.dll" is the runtime's own program, with this one as its argument.
        var isRuntime = Path.GetFileNameWithoutExtension(path) == "dotnet";
        var assembly = Assembly.GetEntryAssembly()?.Location;
        return new ChildCommand(isRuntime && !string.IsNullOrEmpty(assembly) ? [path, assembly] : [path]);
    }
}
