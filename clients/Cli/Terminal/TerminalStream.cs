using System.Text;

namespace Marketplace.Cli;

/// <summary>Writes bytes that a stranger chose to a terminal as harmless text.</summary>
internal sealed class TerminalStream(Stream terminal)
{
    private readonly Decoder _decoder = new UTF8Encoding(false).GetDecoder();
    private readonly TerminalText _text = new();
    private bool _lineIsOpen;

    public async Task Write(ReadOnlyMemory<byte> bytes, bool last, CancellationToken cancellation)
    {
        var letters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length + 4)];
        var count = _decoder.GetChars(bytes.Span, letters, flush: last);
        var clean = _text.Next(letters.AsSpan(0, count));
        if (clean.Length > 0)
        {
            _lineIsOpen = !clean.EndsWith('\n');
        }
        await terminal.WriteAsync(Encoding.UTF8.GetBytes(clean), cancellation);
        // So that the prompt begins on a line of its own.
        if (last && _lineIsOpen)
        {
            await terminal.WriteAsync("\n"u8.ToArray(), cancellation);
        }
    }
}
