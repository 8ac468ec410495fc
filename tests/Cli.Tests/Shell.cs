using System.Globalization;
using System.Text;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary>What a command left behind.</summary>
internal sealed record Ran(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);
}

/// <summary>Runs the command line through its entry point, in a folder of its own, over a service that the test makes up.</summary>
internal sealed class Shell : IDisposable
{
    public const string Key = "mk0123456789abcdef_5ec2e7";

    /// <summary>Pauses between retries are shorter, time limits longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Folder { get; } = Directory.CreateTempSubdirectory("marketplace-cli-").FullName;

    public FakeService Service { get; init; } = new();

    /// <summary>With the real network and the real time, in place of those that the test makes up.</summary>
    public bool IsOnNetwork { get; init; }

    public ImpatientTime Clock { get; } = new(Patience);

    public Dictionary<string, string> Environment { get; } = new() { ["MARKET_URL"] = "http://127.0.0.1:8080", ["MARKET_KEY"] = Key };

    public byte[] Input { get; set; } = [];

    /// <summary>Where it is set, standard input instead of <see cref="Input"/>.</summary>
    public Stream? InputPipe { get; set; }

    /// <summary>Called when a command has written a line to standard error.</summary>
    public Action? WhenSaid { get; set; }

    public bool InputIsTerminal { get; set; }

    public bool OutputIsTerminal { get; set; }

    public bool ErrorIsTerminal { get; set; }

    public int Width { get; set; } = 80;

    /// <summary>The surroundings of the command that runs, for those who press keys while it does.</summary>
    public Surroundings? Running { get; private set; }

    public StringWriter Error { get; private set; } = new();

    /// <summary>The JSON that the command answers, which must succeed.</summary>
    public async Task<JsonElement> Do(params string[] words)
    {
        var ran = await Run([.. words, "--json"]);
        Assert.True(ran.ExitCode == ExitCodes.Ok, $"market {string.Join(' ', words)}: {ran.Error}");
        using var document = JsonDocument.Parse(ran.Output);
        return document.RootElement.Clone();
    }

    /// <summary>An amount of an answer, which is written as text.</summary>
    public static ulong Number(JsonElement answer, string member) =>
        ulong.Parse(answer.GetProperty(member).GetString()!, CultureInfo.InvariantCulture);

    public async Task<Ran> Run(params string[] words)
    {
        Error = new Heard(this) { NewLine = "\n" };
        Running = Surroundings();
        var exitCode = await MarketCommand.Run(words, Running);
        return new Ran(exitCode, ((MemoryStream)Running.Output).ToArray(), Error.ToString());
    }

    public Surroundings Surroundings() =>
        new()
        {
            Input = InputPipe ?? new MemoryStream(Input),
            Output = new MemoryStream(),
            Error = Error,
            InputIsTerminal = InputIsTerminal,
            OutputIsTerminal = OutputIsTerminal,
            ErrorIsTerminal = ErrorIsTerminal,
            Folder = Folder,
            Environment = name => Environment.GetValueOrDefault(name),
            Clock = IsOnNetwork ? TimeProvider.System : Clock,
            Browse = Browse,
            Network = IsOnNetwork ? null : Service,
            Width = Width,
        };

    /// <summary>Links that the command wanted to show.</summary>
    public List<string> Shown { get; } = [];

    public bool HasBrowser { get; set; } = true;

    private bool Browse(string link)
    {
        Shown.Add(link);
        return HasBrowser;
    }

    public string Write(string file, byte[] content)
    {
        var path = Path.Combine(Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private sealed class Heard(Shell shell) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            shell.WhenSaid?.Invoke();
        }
    }
}
