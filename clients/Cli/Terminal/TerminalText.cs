using System.Text;

namespace Marketplace.Cli;

/// <summary>
/// Text that a stranger chose, made harmless for a terminal: without control characters (except line feed and tab), without the escape
/// sequences they begin, and without the characters that reorder or hide what stands beside them. Keeps its place between pieces, so that a
/// sequence that is cut in two is still seen.
/// </summary>
internal sealed class TerminalText
{
    private const char Escape = '\u001b';
    private const char ControlSequence = '\u009b';

    private State _state;

    private enum State
    {
        Text = 0,

        /// <summary>After ESC: the next character says what it begins.</summary>
        Begun = 1,

        /// <summary>In a control sequence: parameters, up to a final character (ECMA-48, 5.4).</summary>
        Sequence = 2,

        /// <summary>
        /// In a command string such as a window title, up to BEL, ST or the end of the line, so that it cannot swallow more than a line.
        /// </summary>
        CommandString = 3,
    }

    /// <summary>One text, all of it.</summary>
    public static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }
        return new TerminalText().Next(text);
    }

    /// <summary>One text in one line.</summary>
    public static string CleanLine(string text) => Clean(text).ReplaceLineEndings(" ").Replace('\t', ' ');

    /// <summary>The next piece of a longer text.</summary>
    public string Next(ReadOnlySpan<char> piece)
    {
        var clean = new StringBuilder(piece.Length);
        foreach (var letter in piece)
        {
            if (_state != State.Text && !Leave(letter))
            {
                continue;
            }
            if (letter == Escape)
            {
                _state = State.Begun;
            }
            else if (letter == ControlSequence)
            {
                _state = State.Sequence;
            }
            else if (letter is '\u0090' or '\u0098' or '\u009d' or '\u009e' or '\u009f')
            {
                _state = State.CommandString;
            }
            else if (!IsHarmful(letter))
            {
                clean.Append(letter);
            }
        }
        return clean.ToString();
    }

    /// <returns>True if the letter is not part of the sequence and is to be looked at as text.</returns>
    private bool Leave(char letter)
    {
        switch (_state)
        {
            case State.Begun when letter == '[':
                _state = State.Sequence;
                return false;
            case State.Begun when letter is ']' or 'P' or 'X' or '^' or '_':
                _state = State.CommandString;
                return false;
            case State.Begun when letter is >= ' ' and <= '/':
                return false;
            case State.Begun when letter is >= '0' and <= '~':
                _state = State.Text;
                return false;
            case State.Sequence when letter is >= ' ' and <= '?':
                return false;
            case State.Sequence when letter is >= '@' and <= '~':
                _state = State.Text;
                return false;
            case State.CommandString when letter is not ('\a' or '\u009c' or Escape or '\n'):
                return false;
            default:
                _state = State.Text;
                return letter != '\a' && letter != '\u009c';
        }
    }

    private static bool IsHarmful(char letter) =>
        letter switch
        {
            '\n' or '\t' => false,
            < ' ' or (>= '\u007f' and <= '\u009f') => true,
            // Marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9), and the line separators.
            '\u061c' or '\u200e' or '\u200f' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069') => true,
            // Characters without width, behind which two texts look alike.
            '\u200b' or '\u2060' or '\ufeff' => true,
            _ => false,
        };
}
