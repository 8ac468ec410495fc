using System.Text.Encodings.Web;

namespace Marketplace.Receipts;

/// <summary>
/// Strings of JSON as RFC 8785, 3.2.2.2 has them, which is what <c>JSON.stringify</c> writes: escaped are quotation mark, reverse solidus
/// and the control characters below U+0020, and nothing else.
/// </summary>
internal sealed class PlainEncoder : JavaScriptEncoder
{
    private const int LongestEscape = 6;

    public static PlainEncoder Instance { get; } = new();

    public override int MaxOutputCharactersPerInputCharacter => LongestEscape;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar < ' ' || unicodeScalar is '"' or '\\';

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var characters = new ReadOnlySpan<char>(text, textLength);
        for (var index = 0; index < characters.Length; index++)
        {
            // Half of a surrogate pair is no text: the writer then refuses or replaces it.
            if (char.IsSurrogate(characters[index]))
            {
                if (index + 1 == characters.Length || !char.IsSurrogatePair(characters[index], characters[index + 1]))
                {
                    return index;
                }
                index++;
            }
            else if (WillEncode(characters[index]))
            {
                return index;
            }
        }
        return -1;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var destination = new Span<char>(buffer, bufferLength);
        var escape = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\b' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\f' => "\\f",
            '\r' => "\\r",
            < ' ' => $"\\u{unicodeScalar:x4}",
            _ => char.ConvertFromUtf32(unicodeScalar),
        };
        numberOfCharactersWritten = escape.TryCopyTo(destination) ? escape.Length : 0;
        return numberOfCharactersWritten > 0;
    }
}
