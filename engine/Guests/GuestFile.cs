using System.Text;

namespace Marketplace.Engine.Guests;

/// <summary>A file that a run begins with or leaves behind.</summary>
/// <param name="Path">
/// Of an input: its absolute path, such as <c>/in/photo.png</c>. Of an output: its path under <see cref="GuestPolicy.OutputDirectory"/>.
/// </param>
/// <param name="Content">Must not change while the run goes on.</param>
public sealed record GuestFile(string Path, ReadOnlyMemory<byte> Content)
{
    /// <summary>
    /// Whether a name can be a file's on both sides of the market: parts divided by slashes, none of them empty, <c>.</c> or <c>..</c>, no
    /// backslash or control character, at most <see cref="GuestPolicy.FileNameBytesMax"/> bytes of UTF-8 together.
    /// </summary>
    public static bool IsName(string name)
    {
        if (name.Length is 0 or > GuestPolicy.FileNameBytesMax || Encoding.UTF8.GetByteCount(name) > GuestPolicy.FileNameBytesMax)
        {
            return false;
        }
        foreach (var letter in name.EnumerateRunes())
        {
            if (Rune.IsControl(letter) || letter.Value is '\\' or 0xFFFD)
            {
                return false;
            }
        }

        return name.Split('/').All(part => part is not ("" or "." or ".."))
            && name.Count(letter => letter == '/') < GuestPolicy.FileDepthMax;
    }
}
