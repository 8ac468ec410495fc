using System.Text.Json;

namespace Marketplace.Receipts;

/// <summary>A file of which there is one text, but for the white space between its parts.</summary>
internal static class OneText
{
    public static ReceiptJson Json { get; } =
        new(new JsonSerializerOptions(ReceiptJson.Default.Options) { Encoder = PlainEncoder.Instance });

    /// <param name="json">Valid JSON.</param>
    public static byte[] WithoutSpace(ReadOnlySpan<byte> json)
    {
        var text = new byte[json.Length];
        var (size, isInString) = (0, false);
        for (var index = 0; index < json.Length; index++)
        {
            var character = json[index];
            if (isInString && character == '\\')
            {
                text[size++] = character;
                character = json[++index];
            }
            else if (character == '"')
            {
                isInString = !isInString;
            }
            else if (!isInString && character is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
            {
                continue;
            }
            text[size++] = character;
        }
        return text[..size];
    }
}
