using System.Globalization;
using System.Net.Sockets;

/// <summary>
/// Runs in a measured silo before its own code (DOTNET_STARTUP_HOOKS), and tells on a socket what its runtime has allocated and collected.
/// The name, without a namespace, and the method are what the runtime looks for.
/// </summary>
internal static class StartupHook
{
    /// <summary>Names the socket's file.</summary>
    public const string Variable = "MARKETPLACE_BENCHMARK_SOCKET";

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } path)
        {
            return;
        }
        // The silo's children are not measured.
        Environment.SetEnvironmentVariable(Variable, null);
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        new Thread(() => Tell(socket)) { IsBackground = true, Name = "figures" }.Start();
    }

    private static void Tell(Socket socket)
    {
        while (true)
        {
            using var asking = socket.Accept();
            var collections = string.Join(' ', Enumerable.Range(0, 3).Select(GC.CollectionCount));
            FormattableString figures =
                $"{GC.GetTotalAllocatedBytes(precise: true)} {GC.GetTotalPauseDuration().TotalMicroseconds:0} {collections}";
            asking.Send(System.Text.Encoding.ASCII.GetBytes(figures.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
