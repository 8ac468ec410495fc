using Marketplace.Engine.Validate;

namespace Marketplace.Engine.Decode;

/// <summary>
/// The binary format's outer shape: header, sections, and what is in them except for code, which is only measured here
/// (core specification, 5.5). Never recurses; every count has a limit before anything is allocated for it.
/// </summary>
internal ref partial struct ModuleDecoder
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly EngineLimits _limits;
    private readonly ModuleContent _content;

    private ModuleDecoder(ReadOnlyMemory<byte> bytes, EngineLimits limits)
    {
        _bytes = bytes;
        _limits = limits;
        _content = new ModuleContent { Bytes = bytes, Limits = limits };
    }

    private enum Section : byte
    {
        Custom = 0,
        Type = 1,
        Import = 2,
        Function = 3,
        Table = 4,
        Memory = 5,
        Global = 6,
        Export = 7,
        Start = 8,
        Element = 9,
        Code = 10,
        Data = 11,
        DataCount = 12,
    }

    /// <summary>Decodes and validates.</summary>
    public static ModuleContent Decode(ReadOnlyMemory<byte> bytes, EngineLimits limits)
    {
        if (bytes.Length > limits.ModuleBytesMax)
        {
            throw new InvalidModuleException(
                ModuleFault.LimitExceeded,
                0,
                $"a module of {bytes.Length} bytes, the limit is {limits.ModuleBytesMax}"
            );
        }

        var decoder = new ModuleDecoder(bytes, limits);
        decoder.Sections();
        ModuleValidator.Validate(decoder._content, limits);
        return decoder._content;
    }

    private void Sections()
    {
        const byte TagSection = 13;
        var reader = new ByteReader(_bytes.Span, 0, _bytes.Length);
        Header(ref reader);
        var lastOrder = 0;
        while (reader.Left > 0)
        {
            var offset = reader.Position;
            var id = reader.Byte();
            if (id > (byte)Section.DataCount)
            {
                throw new InvalidModuleException(
                    ModuleFault.Malformed,
                    offset,
                    id == TagSection ? "malformed section id 13, tags: exception handling is not supported" : $"malformed section id {id}"
                );
            }

            var length = reader.Length();
            var section = new ByteReader(_bytes.Span, reader.Position, reader.Position + length);
            reader.Skip(length);
            if (id == (byte)Section.Custom)
            {
                if (section.NameIs(NameSection.SectionName))
                {
                    _content.NameSection ??= (section.Position, section.End);
                }

                continue;
            }

            // The data count section stands before the code, although its number is the highest.
            var order = Order((Section)id);
            if (order <= lastOrder)
            {
                throw new InvalidModuleException(ModuleFault.Malformed, offset, "unexpected content after last section");
            }

            lastOrder = order;
            Read((Section)id, ref section);
            if (section.Left != 0)
            {
                throw section.Malformed("section size mismatch");
            }
        }

        CheckCounts(reader.Position);
    }

    private static int Order(Section section) =>
        section switch
        {
            Section.DataCount => 19,
            Section.Code => 20,
            Section.Data => 21,
            _ => (int)section,
        };

    private static void Header(ref ByteReader reader)
    {
        if (reader.Left < 4 || !reader.Bytes(4).SequenceEqual("\0asm"u8))
        {
            throw new InvalidModuleException(ModuleFault.Malformed, 0, reader.End < 4 ? "unexpected end" : "magic header not detected");
        }

        if (reader.Left < 4 || !reader.Bytes(4).SequenceEqual((ReadOnlySpan<byte>)[1, 0, 0, 0]))
        {
            throw new InvalidModuleException(ModuleFault.Malformed, 4, reader.End < 8 ? "unexpected end" : "unknown binary version");
        }
    }

    private readonly void CheckCounts(int end)
    {
        if (_content.Bodies.Count != _content.FunctionTypes.Count - _content.ImportedFunctions)
        {
            throw new InvalidModuleException(ModuleFault.Malformed, end, "function and code section have inconsistent lengths");
        }

        if (_content.DataCount is { } count && count != _content.Data.Count)
        {
            throw new InvalidModuleException(ModuleFault.Malformed, end, "data count and data section have inconsistent lengths");
        }
    }

    private readonly void Read(Section section, ref ByteReader reader)
    {
        switch (section)
        {
            case Section.Type:
                Types(ref reader);
                break;
            case Section.Import:
                ReadImports(ref reader);
                break;
            case Section.Function:
                Functions(ref reader);
                break;
            case Section.Table:
                Tables(ref reader);
                break;
            case Section.Memory:
                Memories(ref reader);
                break;
            case Section.Global:
                Globals(ref reader);
                break;
            case Section.Export:
                Exports(ref reader);
                break;
            case Section.Start:
                _content.Start = (int)reader.U32();
                break;
            case Section.Element:
                Elements(ref reader);
                break;
            case Section.Code:
                Code(ref reader);
                break;
            case Section.Data:
                Data(ref reader);
                break;
            default:
                _content.DataCount = (int)Math.Min(reader.U32(), int.MaxValue);
                break;
        }
    }
}
