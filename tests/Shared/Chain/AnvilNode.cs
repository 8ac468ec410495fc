using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Marketplace.Chain;

namespace Marketplace.Testing;

/// <summary>
/// A real EVM node of our own (<see href="https://getfoundry.sh/anvil/overview">anvil</see>) on a free port of the loopback. It mines when
/// it is told to, and ends with the program that started it, however that ends.
/// </summary>
internal sealed class AnvilNode : IAsyncDisposable
{
    /// <summary>Names the folder in which the program is, where it is not the repository's own.</summary>
    public const string Variable = "MARKETPLACE_ANVIL";

    /// <summary>Why a test is skipped where there is none.</summary>
    public const string Missing = $"anvil is not installed: run 'npm ci' in contracts/evm, or set {Variable} to the folder that has it.";

    private const string Listening = "Listening on ";

    // Its input ends when the tests do, also by "kill -9". The node is a child of npm's script, so the whole session ends.
    private const string Keeper = """
        trap : INT TERM
        program="$1"; shift
        "$program" --hardfork osaka --port 0 --no-mining --threads 1 --prune-history "$@" 2>&1 &
        read -r end
        kill -KILL -$$
        """;

    private static readonly string? Program = Find();

    private readonly HttpClient _client = new();
    private readonly Process _keeper;

    private AnvilNode(Process keeper, RpcEndpoint endpoint) => (_keeper, Endpoint) = (keeper, endpoint);

    public RpcEndpoint Endpoint { get; }

    /// <summary>Whether the program is there.</summary>
    public static bool IsInstalled => Program is not null;

    /// <summary>In which the program is, for programs that stand elsewhere; null: it is not there.</summary>
    public static string? Folder => Path.GetDirectoryName(Program);

    /// <summary>Mines blocks; the first has what waits.</summary>
    public Task Mine(int blocks = 1) => Tell("anvil_mine", $"0x{blocks:x}");

    /// <summary>
    /// The newest blocks are replaced by as many others. A block that is being mined is waited for, where the node mines what it is sent:
    /// it would come onto the new blocks without its state.
    /// </summary>
    /// <param name="depth">How many.</param>
    /// <param name="transactions">Pairs of a transaction and which of the new blocks has it, from 0.</param>
    public async Task Reorganise(int depth, JsonArray? transactions = null)
    {
        while ((bool)(await Tell("anvil_getAutomine"))! && (string)(await Tell("txpool_status"))!["pending"]! != "0x0") { }
        await Tell("anvil_reorg", depth, transactions ?? []);
    }

    /// <summary>Tells the node what only a development node does, such as <c>anvil_reorg</c>.</summary>
    /// <returns>What it answers.</returns>
    public async Task<JsonNode?> Tell(string method, params JsonNode?[] parameters)
    {
        var call = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = 1,
            ["method"] = method,
            ["params"] = new JsonArray(parameters),
        };
        using var answer = await _client.PostAsJsonAsync(Endpoint.Name, call);
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>();
        if (body is null || body.ContainsKey("error"))
        {
            throw new InvalidOperationException($"{method}: {body}");
        }
        return body["result"];
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }

    /// <summary>
    /// States after this many blocks are kept, in memory: without a number the node keeps them in its user's folder, where they stay when
    /// it is killed.
    /// </summary>
    private const string StatesMax = "100000";

    /// <param name="keepsHistory">
    /// It knows the state after each block. Else it knows the newest alone, and thousands of blocks do not fill the memory with theirs.
    /// </param>
    /// <param name="home">What it takes for its user's folder; null: that of the tests' user.</param>
    public static async Task<AnvilNode> Start(bool keepsHistory = true, string? home = null)
    {
        if (Program is null)
        {
            throw new InvalidOperationException(Missing);
        }
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["HOME"] = home ?? Environment.GetEnvironmentVariable("HOME");
        foreach (var argument in (string[])["sh", "-c", Keeper, "keeper", Program, .. keepsHistory ? [StatesMax] : Array.Empty<string>()])
        {
            start.ArgumentList.Add(argument);
        }
        var keeper = Process.Start(start)!;
        var said = new List<string>();
        while (await keeper.StandardOutput.ReadLineAsync() is { } line)
        {
            said.Add(line);
            if (line.StartsWith(Listening, StringComparison.Ordinal))
            {
                // What it says further is read, or it would wait for a reader.
                _ = keeper.StandardOutput.ReadToEndAsync();
                return new AnvilNode(keeper, RpcEndpoint.Parse($"http://{line[Listening.Length..]}"));
            }
        }
        throw new InvalidOperationException($"anvil did not start: {string.Join(Environment.NewLine, said)}");
    }

    private static string? Find()
    {
        var named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return Existing(Path.Combine(named, "anvil"));
        }
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Marketplace.sln")))
            {
                return Existing(Path.Combine(at.FullName, "contracts", "evm", "node_modules", ".bin", "anvil"));
            }
        }
        return null;
    }

    private static string? Existing(string path) => File.Exists(path) ? path : null;
}
