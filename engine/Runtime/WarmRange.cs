using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// Bytes of a memory that every instance of a module uses: its data, and a little on both sides, where compilers put the stack. They are
/// cleared and stay with the process, because having the system give their pages anew takes most of what an instance costs.
/// </summary>
internal readonly record struct WarmRange(long Start, long End)
{
    private const int MarginBytes = 16 * 1024;

    /// <summary>Empty where the module has no such data, or so much that clearing it would take longer.</summary>
    public static WarmRange Of(ModuleContent content)
    {
        var active = content
            .Data.Where(segment => segment.Mode == SegmentMode.Active && segment.Address.Kind == ConstantKind.Number)
            .ToArray();
        if (active.Length == 0)
        {
            return default;
        }

        var start = active.Min(segment => (long)(uint)segment.Address.Bits) - MarginBytes;
        var end = active.Max(segment => (uint)segment.Address.Bits + (long)segment.Bytes.Length) + MarginBytes;
        start = Math.Max(start, 0);
        return end - start > EnginePolicy.ClearBytesMax ? default : new WarmRange(start, end);
    }
}
