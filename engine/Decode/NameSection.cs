using System.Globalization;
using System.Text;

namespace Marketplace.Engine.Decode;

/// <summary>
/// Names for people (core specification, appendix "Custom Sections"). Validation skips them, and nothing depends on them: a name
/// section that does not follow its format has no names.
/// </summary>
internal static class NameSection
{
    public static ReadOnlySpan<byte> SectionName => "name"u8;

    private const byte FunctionNames = 1;

    /// <returns>Null where the function has no name.</returns>
    public static string? FunctionName(ModuleContent content, int function)
    {
        if (content.NameSection is not { } section)
        {
            return null;
        }

        try
        {
            var reader = new ByteReader(content.Bytes.Span, section.Offset, section.End);
            while (reader.Left > 0)
            {
                var kind = reader.Byte();
                var length = reader.Length();
                if (kind == FunctionNames)
                {
                    return Find(new ByteReader(content.Bytes.Span, reader.Position, reader.Position + length), content, function);
                }

                reader.Skip(length);
            }

            return null;
        }
        catch (InvalidModuleException)
        {
            return null;
        }
    }

    private static string? Find(ByteReader names, ModuleContent content, int function)
    {
        // There are no more names than functions, so a long section takes no longer than a long module.
        for (var left = names.Count(content.FunctionTypes.Count, "function names"); left > 0; left--)
        {
            var index = names.U32();
            var bytes = names.Bytes(names.Length());
            if (index == (uint)function)
            {
                return Show(bytes);
            }
        }

        return null;
    }

    /// <summary>What is no valid text, a control or a format character, or over the limit, is left out.</summary>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder();
        var left = EnginePolicy.FunctionNameBytesMax;
        while (bytes.Length > 0)
        {
            var valid = Rune.DecodeFromUtf8(bytes, out var rune, out var used) == System.Buffers.OperationStatus.Done;
            bytes = bytes[used..];
            left -= used;
            if (left < 0)
            {
                break;
            }

            if (valid && IsShown(rune))
            {
                shown.Append(rune);
            }
        }

        return shown.ToString();
    }

    private static bool IsShown(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
            );
}
