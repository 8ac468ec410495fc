namespace Marketplace.Cli;

/// <summary>One line on the terminal that says what is being waited for; nothing where there is no terminal.</summary>
internal sealed class StatusLine(Surroundings surroundings) : IDisposable
{
    private const string EraseLine = "\r\u001b[K";

    private bool _shown;

    public void Show(string text)
    {
        if (!surroundings.ErrorIsTerminal)
        {
            return;
        }
        var line = TerminalText.CleanLine(text);
        // One column stays free: a full line would make some terminals begin the next one.
        var width = surroundings.Width - 1;
        surroundings.Error.Write(EraseLine + (line.Length > width ? string.Concat(line.AsSpan(0, width - 1), "…") : line));
        surroundings.Error.Flush();
        _shown = true;
    }

    public void Clear()
    {
        if (!_shown)
        {
            return;
        }
        surroundings.Error.Write(EraseLine);
        surroundings.Error.Flush();
        _shown = false;
    }

    public void Dispose() => Clear();
}
