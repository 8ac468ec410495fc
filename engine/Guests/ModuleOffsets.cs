namespace Marketplace.Engine.Guests;

/// <summary>Where something stands in the bytes of a module that has been decoded, so that a refusal can say where its reason is.</summary>
internal static class ModuleOffsets
{
    public const byte ImportSection = 2;
    public const byte ExportSection = 7;

    private const byte CustomSection = 0;
    private const int HeaderSize = 8;

    /// <returns>The offset of the section's content, or of the module's end where it has no such section.</returns>
    public static int OfSection(ReadOnlySpan<byte> module, byte section)
    {
        for (var at = HeaderSize; at < module.Length; )
        {
            var id = module[at++];
            var size = ReadU32(module, ref at);
            if (id == section)
            {
                return at;
            }
            at += (int)size;
        }

        return module.Length;
    }

    /// <summary>
    /// Whether there is a custom section of that name, which is shorter than 128 bytes. The rest of the section is unchecked.
    /// </summary>
    public static bool HasCustomSection(ReadOnlySpan<byte> module, ReadOnlySpan<byte> name)
    {
        for (var at = HeaderSize; at < module.Length; )
        {
            var id = module[at++];
            var size = (int)ReadU32(module, ref at);
            var content = module.Slice(at, size);
            if (id == CustomSection && content.Length > name.Length && content[0] == name.Length && content[1..].StartsWith(name))
            {
                return true;
            }
            at += size;
        }

        return false;
    }

    /// <returns>The offset of the import's module name.</returns>
    public static int OfImport(ReadOnlySpan<byte> module, int index)
    {
        var at = OfSection(module, ImportSection);
        ReadU32(module, ref at);
        for (; index > 0; index--)
        {
            SkipName(module, ref at);
            SkipName(module, ref at);
            SkipDescription(module, ref at);
        }

        return at;
    }

    private static void SkipName(ReadOnlySpan<byte> module, ref int at)
    {
        var size = ReadU32(module, ref at);
        at += (int)size;
    }

    // https://webassembly.github.io/spec/core/binary/modules.html#import-section
    private static void SkipDescription(ReadOnlySpan<byte> module, ref int at)
    {
        switch ((ExternalKind)module[at++])
        {
            case ExternalKind.Function:
                ReadU32(module, ref at);
                break;
            case ExternalKind.Global:
                at += 2;
                break;
            case ExternalKind.Table:
                at++;
                SkipLimits(module, ref at);
                break;
            case ExternalKind.Memory:
                SkipLimits(module, ref at);
                break;
        }
    }

    private static void SkipLimits(ReadOnlySpan<byte> module, ref int at)
    {
        var hasMax = module[at++] != 0;
        ReadU32(module, ref at);
        if (hasMax)
        {
            ReadU32(module, ref at);
        }
    }

    private static uint ReadU32(ReadOnlySpan<byte> module, ref int at)
    {
        var value = 0u;
        for (var shift = 0; ; shift += 7)
        {
            var part = module[at++];
            value |= (uint)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
