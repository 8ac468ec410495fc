using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Marketplace.Testing;

/// <summary>
/// A PostgreSQL server of our own in a temporary folder, reached through a socket in that folder: no port, no password, nobody else. It
/// ends with the program that started it, however that ends, and takes the folder with it.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>Why a test is skipped where there is none.</summary>
    public const string Missing = "PostgreSQL is not installed: 'apt-get install postgresql' puts it under /usr/lib/postgresql.";

    private const string User = "market";

    // Runs as another user than root, whom PostgreSQL refuses, and in a session of its own, so that a signal to the tests' process group
    // does not reach it. The end of its input is the end of whoever holds the other end of the pipe, also by "kill -9".
    private const string Keeper = """
        trap : INT TERM
        bin=$1 folder=$2 settings=$3
        if "$bin/initdb" -D "$folder/data" -A trust -U market -E UTF8 --locale=C --no-sync --no-instructions >"$folder/log" 2>&1 &&
            "$bin/pg_ctl" start -w -D "$folder/data" -l "$folder/log" -o "$settings" >>"$folder/log" 2>&1
        then echo ready
        else cat "$folder/log"
        fi
        exec >/dev/null
        read -r end
        "$bin/pg_ctl" stop -w -D "$folder/data" -m immediate
        rm -rf "$folder"
        """;

    private static readonly string? Binaries = FindBinaries();

    private readonly Process _keeper;
    private readonly string _folder;
    private int _databases;

    private PostgresServer(Process keeper, string folder) => (_keeper, _folder) = (keeper, folder);

    public static bool IsInstalled => Binaries is not null;

    /// <summary>The folder with pgbench and the other programs of the server.</summary>
    public static string Programs => Binaries ?? throw new InvalidOperationException(Missing);

    /// <param name="durable">
    /// False: the server never waits for the disk, which is fast, and fine for what does not test durability.
    /// </param>
    public static async Task<PostgresServer> Start(bool durable = false)
    {
        // Short, whatever TMPDIR is: the path of a socket has at most 107 bytes.
        var folder = Directory.CreateTempSubdirectory("market-pg-").FullName;
        var start = new ProcessStartInfo("setsid")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in (string[])[.. AsUser(folder), "sh", "-c", Keeper, "keeper", Programs, folder, Settings(folder, durable)])
        {
            start.ArgumentList.Add(argument);
        }
        var server = new PostgresServer(Process.Start(start)!, folder);
        var said = await server._keeper.StandardOutput.ReadLineAsync();
        if (said == "ready")
        {
            return server;
        }
        var rest = await server._keeper.StandardOutput.ReadToEndAsync();
        await server.DisposeAsync();
        throw new InvalidOperationException($"PostgreSQL did not start: {said}\n{rest}");
    }

    /// <returns>A connection string for a new, empty database.</returns>
    public async Task<string> CreateDatabase()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await Execute(ConnectionString("postgres"), $"create database {name}");
        return ConnectionString(name);
    }

    /// <summary>
    /// Stops the server at once, as a crash does, and starts it again; as a standby it takes no writes until <c>pg_promote()</c>.
    /// </summary>
    public async Task Restart(bool asStandby = false)
    {
        if (asStandby)
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, "data", "standby.signal"), "");
        }
        var start = new ProcessStartInfo("setsid") { RedirectStandardOutput = true, WorkingDirectory = "/" };
        foreach (
            var argument in (string[])
                [
                    .. AsUser(null),
                    Path.Combine(Programs, "pg_ctl"),
                    "restart",
                    "-w",
                    "-m",
                    "immediate",
                    "-s",
                    "-D",
                    Path.Combine(_folder, "data"),
                    "-l",
                    Path.Combine(_folder, "log"),
                ]
        )
        {
            start.ArgumentList.Add(argument);
        }
        using var restart = Process.Start(start)!;
        await restart.WaitForExitAsync();
        if (restart.ExitCode != 0)
        {
            throw new InvalidOperationException($"PostgreSQL did not restart: {await File.ReadAllTextAsync(Path.Combine(_folder, "log"))}");
        }
    }

    /// <summary>Freezes all processes of the server: its connections stay and say nothing.</summary>
    public void Pause()
    {
        foreach (var process in Processes())
        {
            Signal("STOP", process);
        }
    }

    public void Resume()
    {
        foreach (var process in Processes())
        {
            Signal("CONT", process);
        }
    }

    /// <summary>The postmaster first: once it is frozen there are no new ones.</summary>
    private IEnumerable<int> Processes()
    {
        var postmaster = int.Parse(File.ReadLines(Path.Combine(_folder, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        yield return postmaster;
        foreach (
            var child in File.ReadAllText($"/proc/{postmaster}/task/{postmaster}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            yield return int.Parse(child, CultureInfo.InvariantCulture);
        }
    }

    private static void Signal(string name, int process)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public static async Task Execute(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // A frozen server would not see that it is to end.
        if (File.Exists(Path.Combine(_folder, "data", "postmaster.pid")))
        {
            Resume();
        }
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }

    private string ConnectionString(string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = _folder,
            Username = User,
            Database = database,
        }.ConnectionString;

    private static string Settings(string folder, bool durable)
    {
        var settings = new StringBuilder($"-k {folder} -c listen_addresses= -c max_connections=200 -c log_min_messages=fatal");
        if (!durable)
        {
            settings.Append(" -c fsync=off -c full_page_writes=off");
        }
        return settings.ToString();
    }

    /// <summary>What goes before a command to run it as a user whom PostgreSQL accepts; the folder becomes his.</summary>
    private static string[] AsUser(string? folder)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return [];
        }
        var isThere = File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal));
        var user = isThere ? "postgres" : "nobody";
        if (folder is not null)
        {
            using var give = Process.Start("chown", [user, folder]);
            give.WaitForExit();
        }
        return ["setpriv", $"--reuid={user}", $"--regid={GroupOf(user)}", "--clear-groups"];
    }

    private static string GroupOf(string user) =>
        File.ReadLines("/etc/passwd").First(line => line.StartsWith(user + ":", StringComparison.Ordinal)).Split(':')[3];

    private static string? FindBinaries() =>
        !Directory.Exists("/usr/lib/postgresql")
            ? null
            : Directory
                .EnumerateDirectories("/usr/lib/postgresql")
                .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin"))
                .FirstOrDefault();
}
