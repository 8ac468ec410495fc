namespace Marketplace.Cli;

/// <summary>Everything that a command touches outside itself, so that a test can run it whole.</summary>
internal sealed class Surroundings
{
    public required Stream Input { get; init; }

    /// <summary>Results, as bytes.</summary>
    public required Stream Output { get; init; }

    /// <summary>Everything that is said beside the result.</summary>
    public required TextWriter Error { get; init; }

    public required bool InputIsTerminal { get; init; }

    public required bool OutputIsTerminal { get; init; }

    public required bool ErrorIsTerminal { get; init; }

    /// <summary>The folder where the command was typed.</summary>
    public required string Folder { get; init; }

    public required Func<string, string?> Environment { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>Replaces the network; null: the real one.</summary>
    public HttpMessageHandler? Network { get; init; }

    /// <summary>Shows a page to the person; false: there is no browser.</summary>
    public required Func<string, bool> Browse { get; init; }

    /// <summary>Columns of the terminal, for tables and the status line.</summary>
    public int Width { get; init; } = 80;

    /// <summary>The user pressed Ctrl-C.</summary>
    public event Action? Interrupted;

    public void Interrupt() => Interrupted?.Invoke();

    public static Surroundings OfProcess()
    {
        var surroundings = new Surroundings
        {
            Input = ProcessInput.Open(),
            Output = Console.OpenStandardOutput(),
            Error = Console.Error,
            InputIsTerminal = !Console.IsInputRedirected,
            OutputIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected && System.Environment.GetEnvironmentVariable("TERM") is not "dumb",
            Folder = Directory.GetCurrentDirectory(),
            Environment = System.Environment.GetEnvironmentVariable,
            Clock = TimeProvider.System,
            Browse = Browser.Open,
            Width = Console.IsErrorRedirected && Console.IsOutputRedirected ? 80 : Math.Max(20, Console.WindowWidth),
        };
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            surroundings.Interrupt();
        };
        return surroundings;
    }
}
